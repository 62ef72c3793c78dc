"use strict";

// The matrix of processes that share memory, and the pairs that share most.

const maxPairs = 12;

function fillMatrix(report, select) {
  const { processes, pairs } = report.sharing;
  if (pairs.length === 0) {
    return;
  }
  const shared = new Map(pairs.map(([first, second, ...kinds]) => [`${Math.min(first, second)} ${Math.max(first, second)}`, kinds]));
  const sum = kinds => kinds.reduce((total, bytes) => total + bytes, 0);
  const most = Math.max(...pairs.map(([, , ...kinds]) => sum(kinds)));
  const name = index => nameProcess(report.processes[processes[index]]);
  const row = first => element("tr", {},
    element("th", { scope: "row", title: name(first) }, element("span", { class: "quiet" }, `${first + 1}`), name(first)),
    ...processes.map((_, second) => createCell(first, second, first === second ? null : shared.get(`${Math.min(first, second)} ${Math.max(first, second)}`) ?? [0, 0, 0, 0], most, name)));
  byId("sharing-table").replaceChildren(
    element("caption", { class: "hidden" }, "Memory that each pair of processes shares"),
    element("thead", {}, element("tr", {}, element("td", {}), ...processes.map((_, i) => element("th", { scope: "col", "aria-label": name(i) }, `${i + 1}`)))),
    element("tbody", {}, ...processes.map((_, first) => row(first))));
  document.querySelector(".matrix").classList.toggle("wide", processes.length > 22);
  fillPairs(pairs, sum, name, processes, select);
  const rest = report.processes.length - processes.length;
  byId("sharing-intro").textContent = `The darker, the more memory two processes both map: up to ${formatBytes(most)}.`
    + (rest > 0 ? ` These are the ${processes.length} of ${report.processes.length} processes that share most.` : "");
  byId("sharing").hidden = false;
}

function createCell(first, second, kinds, most, name) {
  if (kinds === null) {
    return element("td", { class: "self" });
  }
  const total = kinds.reduce((sum, bytes) => sum + bytes, 0);
  const cell = element("td", {}, element("span", { class: "hidden" }, formatBytes(total)));
  // A square root, so that a library that is shared can be seen beside a heap that a fork shares.
  cell.style.background = `color-mix(in srgb, var(--heat) ${(100 * Math.sqrt(total / most)).toFixed(1)}%, var(--ground))`;
  const lines = [`${name(first)} and ${name(second)}`, `Shared ${formatBytes(total)}`, ...describeKinds(kinds)];
  cell.addEventListener("pointermove", event => showTip(lines, event.clientX, event.clientY));
  cell.addEventListener("pointerleave", hideTip);
  return cell;
}

function describeKinds(kinds) {
  return ["Anonymous", "File", "Shmem", "Hugetlb"].map((kind, i) => [kind, kinds[i]]).filter(([, bytes]) => bytes > 0).map(([kind, bytes]) => `${kind} ${formatBytes(bytes)}`);
}

function fillPairs(pairs, sum, name, processes, select) {
  const sorted = [...pairs].sort((a, b) => sum(b.slice(2)) - sum(a.slice(2))).slice(0, maxPairs);
  byId("sharing-pairs").replaceChildren(
    element("caption", {}, pairs.length > maxPairs ? `The ${maxPairs} pairs that share most` : "The pairs"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Process"), element("th", { scope: "col" }, "and process"), element("th", { scope: "col", class: "number" }, "Shared"), element("th", { scope: "col", class: "number" }, "Anonymous"))),
    element("tbody", {}, ...sorted.map(([first, second, ...kinds]) => element("tr", {},
      element("td", {}, createLink(name(first), () => select(processes[first]))),
      element("td", {}, createLink(name(second), () => select(processes[second]))),
      element("td", { class: "number" }, formatBytes(sum(kinds))),
      element("td", { class: "number" }, formatBytes(kinds[0]))))));
}

function createLink(text, act) {
  const button = element("button", { type: "button", class: "link" }, text);
  button.addEventListener("click", act);
  return button;
}
