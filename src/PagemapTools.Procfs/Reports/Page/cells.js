"use strict";

// What the cells of the map are coloured by: each class of page frames has one of a few categories.

const useLabels = {
  Unknown: "Not tracked", Free: "Free", PageCache: "Page cache", SharedMemory: "Shared memory", SwapCache: "Swap cache", Anonymous: "Anonymous",
  Hugetlb: "Hugetlb", PageTable: "Page tables", Slab: "Slab", Kernel: "Kernel", Reserved: "Reserved", Offline: "Offline",
  HardwarePoison: "Hardware poison", ZeroPage: "Zero page", NotMemory: "No memory", MappedElsewhere: "Mapped elsewhere",
};

// From the bottom of a cell to its top.
const useOrder = [
  "Anonymous", "Hugetlb", "SwapCache", "SharedMemory", "PageCache", "Slab", "PageTable", "Kernel", "Reserved", "ZeroPage", "HardwarePoison",
  "MappedElsewhere", "Free", "Offline", "Unknown", "NotMemory",
];

const unusedUses = new Set(["Free", "Offline", "Unknown", "NotMemory"]);

/** Creates the ways of colouring: a label, and a function that makes categories with the category of each class. */
function createColourings(map) {
  const useOf = item => map.uses[item[0]];
  const unused = new Set(map.uses.flatMap((name, use) => unusedUses.has(name) ? [use] : []));
  const byUse = () => ({
    categories: useOrder.map(use => ({ label: useLabels[use], colour: `--use-${use}` })),
    find: item => useOrder.indexOf(useOf(item)),
  });
  // Categories of memory that is in use, then one for each use that holds nothing.
  const withUnused = (categories, find) => () => {
    const rest = useOrder.filter(use => unusedUses.has(use));
    return {
      categories: [...categories, ...rest.map(use => ({ label: useLabels[use], colour: `--use-${use}` }))],
      find: item => unused.has(item[0]) ? categories.length + rest.indexOf(useOf(item)) : find(item),
    };
  };
  const counts = [[1, "1 process"], [2, "2 processes"], [9, "3 to 9 processes"], [Infinity, "10 or more"]];
  const colourings = [
    { id: "kind", label: "by kind", create: byUse },
    ...(map.owners === null ? [] : [{
      id: "processes",
      label: "by number of processes",
      create: withUnused(
        [...counts.map(([, label], i) => ({ label, colour: `--series-${[1, 2, 3, 5][i]}` })), { label: "No process", colour: "--series-8" }],
        item => countOwners(map, item) === 0 ? counts.length : counts.findIndex(([most]) => countOwners(map, item) <= most)),
    }]),
    {
      id: "folio",
      label: "by size of the folio",
      create: withUnused(
        [
          { label: "Single pages", colour: "--series-3" }, { label: "Large folios", colour: "--series-1" }, { label: "Hugetlb", colour: "--series-4" },
        ],
        item => useOf(item) === "Hugetlb" ? 2 : item[2]),
    },
  ];
  if (map.cgroups.length > 1) {
    colourings.push({ id: "cgroup", label: "by cgroup", create: withUnused(...categorizeCgroups(map)) });
  }
  return colourings;
}

function countOwners(map, item) {
  const owners = map.owners[item[4]];
  return typeof owners === "number" ? owners : owners.length;
}

function hasOwner(map, item, process) {
  const owners = map.owners[item[4]];
  return typeof owners !== "number" && owners.includes(process);
}

// The six largest cgroups have a colour of their own.
function categorizeCgroups(map) {
  const frames = new Float64Array(map.cgroups.length);
  forEachRun(map.runs, 0, map.frameCount, (frameClass, count) => {
    frames[map.classes[frameClass][3]] += count;
  });
  const largest = [...frames.keys()].slice(1).sort((a, b) => frames[b] - frames[a]).slice(0, 6);
  const categories = largest.map((cgroup, i) => ({ label: shortenPath(map.cgroups[cgroup]), colour: `--series-${i + 1}` }));
  categories.push({ label: "Other cgroups", colour: "--series-7" }, { label: "No cgroup", colour: "--series-8" });
  return [categories, item => item[3] === 0 ? largest.length + 1 : largest.includes(item[3]) ? largest.indexOf(item[3]) : largest.length];
}

/** Shortens the path of a cgroup to its last names. */
function shortenPath(path) {
  const names = path.split("/").filter(name => name !== "");
  return path.startsWith("/") && names.length > 2 ? `…/${names.slice(-2).join("/")}` : path;
}

/** Counts the page frames of each category in each cell. A marked process doubles the categories: its own come first. */
function countCells(map, colouring, view, marked) {
  const categories = colouring.categories.length * 2;
  const ofClass = map.classes.map(item => colouring.find(item) + (marked === null || hasOwner(map, item, marked) ? 0 : colouring.categories.length));
  const cells = new Float64Array(view.cells * categories);
  forEachRun(map.runs, view.start, view.end, (frameClass, count, position) => {
    const category = ofClass[frameClass];
    let cell = Math.floor((position - view.start) / view.cellFrames);
    let room = view.start + (cell + 1) * view.cellFrames - position;
    for (let rest = count; rest > 0; cell++, room = view.cellFrames) {
      cells[cell * categories + category] += Math.min(rest, room);
      rest -= Math.min(rest, room);
    }
  });
  return cells;
}
