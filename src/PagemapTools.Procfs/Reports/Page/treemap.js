"use strict";

// The treemap of processes, and of the mappings of one process.

const measures = [["all", "All"], ["uss", "Uss"], ["shared", "Shared"], ["swap", "Swap"]];
const parts = [["uss", "Uss"], ["shared", "Shared"], ["swap", "Swap"]];

class TreemapView {
  /** @param select called with the index of a process whose mappings are shown, or with null */
  constructor(report, select) {
    this.report = report;
    this.select = select;
    this.box = byId("treemap");
    this.process = null;
    this.measure = "all";
    this.at = 0;
    for (const [id, label] of measures) {
      const input = element("input", { type: "radio", name: "measure", value: id });
      input.checked = id === this.measure;
      input.addEventListener("change", () => {
        this.measure = id;
        this.draw();
      });
      byId("treemap-measure").append(element("label", {}, input, label));
    }
    this.box.addEventListener("keydown", event => this.press(event));
    onLayout(this.box, () => this.draw());
  }

  /** Shows the mappings of a process, or all processes. */
  show(process, keepsFocus = false) {
    const before = this.process;
    this.process = process;
    this.at = 0;
    this.draw();
    if (process === null && before !== null) {
      this.at = Math.max(0, this.items.findIndex(item => item.process === before));
    }
    this.select(process);
    this.focus(this.at, keepsFocus);
  }

  /** The items with their sizes, the largest first. What is too small to see is one item. */
  collect() {
    const all = this.process === null
      ? this.report.processes.map((process, index) => ({ name: nameProcess(process), label: nameProcess(process), process: index, uss: process.uss, shared: process.shared, swap: process.swap }))
      : this.report.processes[this.process].mappings.map(([name, kind, uss, shared, swap]) => ({ name: this.report.names[name], label: this.report.names[name].split("/").at(-1), kind, uss, shared, swap }));
    const sized = all.map(item => ({ ...item, size: this.sum(item) })).filter(item => item.size > 0).sort((a, b) => b.size - a.size);
    const total = sized.reduce((sum, item) => sum + item.size, 0);
    const smallest = 60 * total / Math.max(1, this.box.clientWidth * this.box.clientHeight);
    const small = sized.filter(item => item.size < smallest);
    if (small.length < 2) {
      return sized;
    }
    const name = `${small.length} smaller ${this.process === null ? "processes" : "mappings"}`;
    const rest = { name, label: name, uss: 0, shared: 0, swap: 0 };
    for (const item of small) {
      parts.forEach(([part]) => { rest[part] += item[part] ?? 0; });
    }
    return [...sized.slice(0, sized.length - small.length), { ...rest, size: this.sum(rest) }].sort((a, b) => b.size - a.size);
  }

  shownParts() {
    return parts.filter(([part]) => this.measure === "all" || this.measure === part);
  }

  sum(item) {
    return this.shownParts().reduce((sum, [part]) => sum + (item[part] ?? 0), 0);
  }

  draw() {
    this.items = this.collect();
    this.rectangles = this.items.length === 0 ? [] : layOutTreemap(this.items.map(item => item.size), 0, 0, this.box.clientWidth, this.box.clientHeight);
    const hadFocus = this.box.contains(document.activeElement);
    this.box.replaceChildren(...this.items.map((item, i) => this.createTile(item, i)));
    if (this.items.length === 0) {
      this.box.append(element("p", { class: "quiet" }, "Nothing of this is in memory, or it is unknown."));
    }
    const levels = this.process === null ? ["All processes"] : ["All processes", nameProcess(this.report.processes[this.process])];
    fillTrail(byId("treemap-trail"), levels, () => this.show(null));
    byId("treemap-legend").replaceChildren(...this.shownParts().map(([part, label]) =>
      legendEntry(createSwatch(null, part), label, this.items.reduce((sum, item) => sum + (item[part] ?? 0), 0))));
    this.focus(Math.min(this.at, this.items.length - 1), !hadFocus);
  }

  createTile(item, i) {
    const { x, y, width, height } = this.rectangles[i];
    const canZoom = item.process !== undefined;
    const tile = element("div", { class: canZoom ? "tile" : "tile leaf", role: canZoom ? "button" : "img", tabindex: "-1", "aria-label": this.describe(item).join(", ") });
    Object.assign(tile.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
    let done = 0;
    for (const [part] of this.shownParts()) {
      const share = (item[part] ?? 0) / item.size;
      const filled = element("span", { class: `part ${part}` });
      Object.assign(filled.style, width >= height
        ? { left: `${100 * done}%`, right: `${100 * (1 - done - share)}%` }
        : { top: `${100 * done}%`, bottom: `${100 * (1 - done - share)}%` });
      tile.append(filled);
      done += share;
    }
    if (width > 56 && height > 22) {
      tile.append(element("span", { class: "text" }, element("span", {}, item.label), height > 40 ? element("span", { class: "bytes" }, formatBytes(item.size)) : null));
    }
    tile.addEventListener("pointermove", event => showTip(this.describe(item), event.clientX, event.clientY));
    tile.addEventListener("pointerleave", hideTip);
    tile.addEventListener("click", () => this.enter(i));
    return tile;
  }

  describe(item) {
    return [item.name, ...(item.kind ? [item.kind] : []), ...parts.map(([part, label]) => `${label} ${formatBytes(item[part])}`)];
  }

  enter(i) {
    hideTip();
    if (this.items[i]?.process !== undefined) {
      this.show(this.items[i].process);
    }
  }

  press(event) {
    if (event.key.startsWith("Arrow") && this.items.length > 0) {
      this.focus(findNeighbour(this.rectangles, this.at, event.key));
    } else if (event.key === "Enter" || event.key === " ") {
      this.enter(this.at);
    } else if (event.key === "Escape" && this.process !== null) {
      this.show(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Makes one tile the one that the Tab key reaches. */
  focus(i, onlyMark = false) {
    this.box.querySelectorAll(".tile").forEach((tile, at) => tile.setAttribute("tabindex", at === i ? "0" : "-1"));
    this.at = Math.max(i, 0);
    if (!onlyMark) {
      this.box.querySelectorAll(".tile")[i]?.focus({ preventScroll: true });
    }
  }
}
