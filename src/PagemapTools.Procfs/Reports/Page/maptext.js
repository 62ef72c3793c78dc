"use strict";

// The map in words: a cell, the legend, and the table that has the same figures.

/** Describes a cell: where it is, what is in it, and of the page frames that are most of it flags, cgroup and processes. */
function describeCell(view, cell) {
  const start = view.view.start + cell * view.view.cellFrames;
  const frames = view.countFrames(cell);
  const { map, report } = view;
  const classes = new Map();
  const owners = new Map();
  const uses = new Map();
  forEachRun(map.runs, start, start + frames, (frameClass, count) => {
    const item = map.classes[frameClass];
    add(classes, frameClass, count);
    add(uses, map.uses[item[0]], count);
    add(owners, item[4], count);
  });
  const most = map.classes[largest(classes)[0][0]];
  const lines = [describeRange(view, start, frames)];
  lines.push(largest(uses).slice(0, 4).map(([use, count]) => `${useLabels[use]} ${formatBytes(count * report.pageSize)}`).join(", "));
  if (classes.size > 1) {
    lines.push(`Most of it: ${useLabels[map.uses[most[0]]].toLowerCase()}`);
  }
  if (map.flags[most[1]] !== "None") {
    lines.push(`Flags ${map.flags[most[1]]}${most[2] ? ", in a large folio" : ""}`);
  }
  if (most[3] !== 0) {
    lines.push(`Cgroup ${map.cgroups[most[3]]}`);
  }
  lines.push(...describeOwners(report, map, largest(owners)));
  return lines;
}

function describeOwners(report, map, sets) {
  if (map.owners === null) {
    return [];
  }
  const frames = new Map();
  let uncounted = 0;
  for (const [set, count] of sets) {
    if (typeof map.owners[set] === "number") {
      uncounted = Math.max(uncounted, map.owners[set]);
    } else {
      map.owners[set].forEach(process => add(frames, process, count));
    }
  }
  const named = largest(frames).slice(0, 3).map(([process]) => nameProcess(report.processes[process]));
  const rest = Math.max(frames.size - named.length, uncounted - named.length);
  return named.length + rest === 0 ? [] : [`Mapped by ${[...named, ...(rest > 0 ? [formatCount(rest, named.length > 0 ? "more process" : "process", named.length > 0 ? "more processes" : "processes")] : [])].join(", ")}`];
}

/** Describes a part of the map: its page frames, or how far in memory it is; and its size. */
function describeRange(view, start, frames) {
  const size = formatBytes(frames * view.report.pageSize);
  if (!view.report.includesFrames) {
    return `${size} at ${view.formatPosition(start)}`;
  }
  return frames === 1 ? `Page frame ${view.formatPosition(start)}` : `${size}, page frames ${view.formatPosition(start)} to ${view.formatPosition(start + frames - 1)}`;
}

/** Writes the legend and the table of the current part. */
function describeMap(view) {
  const { categories } = view.colouring;
  const rows = Array.from({ length: view.view.rows }, () => new Float64Array(categories.length));
  const totals = new Float64Array(categories.length);
  for (let cell = 0; cell < view.view.cells; cell++) {
    for (let category = 0; category < categories.length * 2; category++) {
      const count = view.counts[cell * categories.length * 2 + category];
      if (view.marked === null || category < categories.length) {
        rows[Math.floor(cell / view.view.columns)][category % categories.length] += count;
        totals[category % categories.length] += count;
      }
    }
  }
  const shown = [...totals.keys()].filter(category => totals[category] > 0);
  byId("map-legend").replaceChildren(
    ...shown.map(category => legendEntry(createSwatch(categories[category].colour), categories[category].label, totals[category] * view.report.pageSize)));
  fillMapTable(view, rows, shown);
}

function fillMapTable(view, rows, shown) {
  const { start, cellFrames, columns } = view.view;
  const rowFrames = cellFrames * columns;
  const what = view.marked === null ? "Memory" : `Memory that ${nameProcess(view.report.processes[view.marked])} maps`;
  byId("map-table").replaceChildren(
    element("caption", {}, `${what}, ${formatBytes(rowFrames * view.report.pageSize)} a row`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, view.report.includesFrames ? "From page frame" : "From"),
      ...shown.map(category => element("th", { scope: "col", class: "number" }, view.colouring.categories[category].label)))),
    element("tbody", {}, ...rows.map((row, i) => element("tr", {},
      element("th", { scope: "row" }, view.formatPosition(start + i * rowFrames)),
      ...shown.map(category => element("td", { class: "number" }, formatBytes(row[category] * view.report.pageSize)))))));
}

function add(counts, key, count) {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function largest(counts) {
  return [...counts].sort((a, b) => b[1] - a[1]);
}
