"use strict";

// Bars of memory by kind and by cgroup, as tables.

const cgroupKinds = [
  ["Anonymous", "--use-Anonymous"], ["File", "--use-PageCache"], ["Shmem", "--use-SharedMemory"], ["Slab", "--use-Slab"],
  ["Page tables", "--use-PageTable"], ["Other", "--use-Kernel"],
];

function fillBars(report) {
  const { kinds, cgroups } = report.memory;
  const total = kinds.reduce((sum, [, bytes]) => sum + bytes, 0);
  const sorted = [...kinds].sort((a, b) => b[1] - a[1]);
  fillBarTable(byId("kinds-table"), "Kind", total, sorted.map(([kind, bytes]) => ({ name: useLabels[kind], parts: [[`--use-${kind}`, bytes]] })));
  byId("kinds").hidden = false;
  if (cgroups !== null) {
    fillBarTable(byId("cgroups-table"), "Cgroup", total, cgroups.map(([name, ...sizes]) =>
      ({ name: shortenPath(name), title: name, parts: cgroupKinds.map(([, colour], i) => [colour, sizes[i]]) })));
    byId("cgroups-legend").replaceChildren(...cgroupKinds.filter((_, i) => cgroups.some(cgroup => cgroup[i + 1] > 0)).map(([label, colour]) => legendEntry(createSwatch(colour), label)));
    byId("cgroups").hidden = false;
  }
}

/** Fills a table with a bar a row. The longest bar is as wide as its column; all have one scale. */
function fillBarTable(table, heading, total, rows) {
  const sizes = rows.map(({ parts: sums }) => sums.reduce((sum, [, bytes]) => sum + bytes, 0));
  const longest = Math.max(...sizes, 1);
  const headings = [heading, "Bar", "Bytes", "Part of memory"];
  table.replaceChildren(
    element("colgroup", {}, ...headings.map(() => element("col"))),
    element("thead", { class: "hidden" }, element("tr", {}, ...headings.map(text => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows.map((row, i) => element("tr", {},
      element("th", { scope: "row", title: row.title ?? row.name }, row.name),
      element("td", {}, createBar(row.parts, longest)),
      element("td", { class: "number" }, formatBytes(sizes[i])),
      element("td", { class: "share" }, formatPercent(sizes[i], total))))));
}

function createBar(sums, longest) {
  const track = element("div", { class: "track", "aria-hidden": "true" });
  for (const [colour, bytes] of sums.filter(([, size]) => size > 0)) {
    const bar = element("span", { class: colour.slice(2) });
    bar.style.width = `${100 * bytes / longest}%`;
    bar.style.background = `var(${colour})`;
    track.append(bar);
  }
  return track;
}
