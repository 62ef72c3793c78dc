"use strict";

// The address spaces of the largest processes: a bar each, in the order of addresses. What is remarkable is said in words, in the heading
// of the bar and on it.

const spaceParts = ["large", "small", "forked", "shared", "swapped"];
const spaceLabels = { large: "large folios", small: "single pages", forked: "shared since a fork", shared: "shared", swapped: "in swap" };

// A part of a process below this share is not remarkable.
const minRemarkable = 0.1;

function fillSpaces(report, select) {
  const { spaces } = report;
  if (spaces === null || spaces.length === 0) {
    return;
  }
  byId("spaces").hidden = false;
  const rest = report.processes.length - spaces.length;
  byId("spaces-intro").textContent = "The memory of a process from its lowest address to its highest, with its holes."
    + (spaces.some(({ broken }) => broken !== null) ? " Blocks in one piece are large folios, crumbs are single pages." : " The sizes of folios are unknown.")
    + (rest > 0 ? ` These are the ${spaces.length} largest of ${report.processes.length} processes.` : "");
  byId("spaces-list").replaceChildren(...spaces.map(space => createSpace(report, space, select)));
}

function createSpace(report, space, select) {
  const process = report.processes[space.process];
  const remarks = describeSpace(report, space);
  const canvas = element("canvas", { role: "img", "aria-label": [nameProcess(process), ...remarks, ...listParts(report, space)].join(", ") });
  const labels = element("div", { class: "labels", "aria-hidden": "true" });
  const item = element("li", {},
    element("h3", {}, createLink(nameProcess(process), () => select(space.process)),
      element("span", { class: "bytes" }, formatBytes(sumSpace(report, space))),
      remarks.length > 0 ? element("strong", {}, remarks.join(" · ")) : null),
    element("div", { class: "space" }, canvas, labels));
  canvas.addEventListener("pointermove", event => {
    const at = Math.min(space.bins.length - 1, Math.max(0, Math.floor(event.offsetX / canvas.clientWidth * space.bins.length)));
    showTip([`${nameProcess(process)}, ${formatBytes(space.binPages * report.pageSize)} of addresses`, ...listBin(report, space.bins[at])], event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", hideTip);
  onLayout(canvas, () => drawSpace(canvas, labels, report, space));
  return item;
}

/** What is remarkable about a process, in words. */
function describeSpace(report, space) {
  const bytes = Object.fromEntries(spaceParts.map((part, i) => [part, sumPart(report, space, i)]));
  const all = sumSpace(report, space);
  const remarks = [];
  if (space.broken !== null && space.broken * report.pageSize > minRemarkable * all) {
    remarks.push(`Fragmented: ${formatBytes(space.broken * report.pageSize)} in single pages beside ${formatBytes(bytes.large)} in large folios`);
  }
  if (bytes.forked > minRemarkable * all) {
    remarks.push(`Forked: ${formatBytes(bytes.forked)} shared ${describePartner(report, space.process)}`);
  }
  if (bytes.swapped > minRemarkable * all) {
    remarks.push(`${Math.round(100 * bytes.swapped / all)} % in swap`);
  }
  return remarks;
}

/** Names the process that shares most anonymous memory with another one. */
function describePartner(report, process) {
  const place = report.sharing?.processes.indexOf(process) ?? -1;
  const pairs = (report.sharing?.pairs ?? []).filter(([first, second, anonymous]) => (first === place || second === place) && anonymous > 0).sort((a, b) => b[2] - a[2]);
  if (pairs.length === 0) {
    return "with processes that are not in this report";
  }
  const other = nameProcess(report.processes[report.sharing.processes[pairs[0][0] === place ? pairs[0][1] : pairs[0][0]]]);
  return pairs.length === 1 ? `with ${other}` : `with ${other} and ${formatCount(pairs.length - 1, "other process", "other processes")}`;
}

function sumPart(report, space, part) {
  return report.pageSize * space.bins.reduce((sum, bin) => sum + bin[part], 0);
}

function sumSpace(report, space) {
  return spaceParts.reduce((sum, _, i) => sum + sumPart(report, space, i), 0);
}

function listParts(report, space) {
  return spaceParts.map((part, i) => [labelPart(space, part), sumPart(report, space, i)]).filter(([, bytes]) => bytes > 0).map(([label, bytes]) => `${formatBytes(bytes)} ${label}`);
}

function listBin(report, bin) {
  return [...spaceParts, "empty"].map((part, i) => [spaceLabels[part] ?? "not populated", bin[i] * report.pageSize]).filter(([, bytes]) => bytes > 0).map(([label, bytes]) => `${formatBytes(bytes)} ${label}`);
}

/** Without flags of page frames nobody knows the size of a folio. */
function labelPart(space, part) {
  return part === "small" && space.broken === null ? "its own" : spaceLabels[part];
}

function drawSpace(canvas, labels, report, space) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0) {
    return;
  }
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const pitch = width / space.bins.length;
  space.bins.forEach((bin, column) => {
    // Whole pixels: columns side by side leave no line between them.
    const [x, end] = [column, column + 1].map(edge => Math.round(edge * pitch * ratio) / ratio);
    let bottom = height;
    spaceParts.forEach((part, i) => {
      const size = height * bin[i] / space.binPages;
      if (size > 0) {
        drawPart(context, space.broken === null && part === "small" ? "large" : part, x, bottom - size, end - x, size);
        bottom -= size;
      }
    });
  });
  labels.replaceChildren(...createLabels(report, space, width, pitch));
}

function drawPart(context, part, x, y, width, height) {
  context.fillStyle = readColour(`--space-${part}`);
  if (part === "small") {
    // Crumbs: squares that do not touch each other.
    const crumb = 4;
    for (let top = y + height - crumb; top > y - crumb; top -= crumb) {
      const from = Math.max(top, y);
      context.fillRect(x, from, Math.max(1, width - 1.5), Math.max(0.5, top + crumb - 1.5 - from));
    }
    return;
  }
  context.fillRect(x, y, width, height);
  if (part === "swapped") {
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.strokeStyle = readColour("--space-swapped-line");
    context.lineWidth = 2;
    const bottom = context.canvas.height;
    for (let at = Math.floor((x - bottom) / 8) * 8; at < x + width + 8; at += 8) {
      context.beginPath();
      context.moveTo(at, bottom);
      context.lineTo(at + bottom, 0);
      context.stroke();
    }
    context.restore();
  }
}

/** Labels the longest stretch of each part, where the words fit. */
function createLabels(report, space, width, pitch) {
  const stretches = new Map();
  let start = 0;
  const most = bin => spaceParts.reduce((best, _, i) => bin[i] > bin[best] ? i : best, 0);
  space.bins.forEach((bin, column) => {
    const part = most(bin);
    if (column === space.bins.length - 1 || most(space.bins[column + 1]) !== part) {
      const length = column + 1 - start;
      if (length > (stretches.get(part)?.length ?? 0)) {
        stretches.set(part, { start, length });
      }
      start = column + 1;
    }
  });
  return [...stretches].filter(([, { length }]) => length * pitch > 80).map(([part, { start: from, length }]) => {
    const label = element("span", {}, `${labelPart(space, spaceParts[part])} ${formatBytes(sumPart(report, space, part))}`);
    label.style.left = `${(from + length / 2) * pitch}px`;
    label.style.maxWidth = `${length * pitch - 8}px`;
    return label;
  });
}
