"use strict";

// The map of physical memory: cells of equal size in rows of equal size, which can be zoomed.

class FrameMapView {
  constructor(report) {
    this.report = report;
    this.map = report.memory.map;
    this.canvas = byId("map");
    this.colourings = createColourings(this.map);
    this.levels = [{ start: 0, frames: this.map.frameCount }];
    this.cursor = 0;
    this.marked = null;
    for (const { id, label } of this.colourings) {
      byId("map-by").append(element("option", { value: id }, label));
    }
    byId("map-process").parentElement.hidden = this.map.owners === null;
    byId("map-process").append(element("option", { value: "" }, "all memory"));
    report.processes.forEach((process, index) => byId("map-process").append(element("option", { value: index }, nameProcess(process))));
    byId("map-status").textContent = "Point at a cell, or move between cells with the arrow keys. Enter or a click zooms in, Escape zooms out.";
    this.listen();
    onLayout(this.canvas, () => this.draw());
    this.choose();
  }

  listen() {
    byId("map-by").addEventListener("change", () => this.choose());
    byId("map-process").addEventListener("change", event => this.mark(event.target.value === "" ? null : Number(event.target.value)));
    byId("map-in").addEventListener("click", () => this.zoomIn());
    byId("map-out").addEventListener("click", () => this.zoomOut());
    this.canvas.addEventListener("keydown", event => this.press(event));
    this.canvas.addEventListener("focus", () => this.draw());
    this.canvas.addEventListener("blur", () => this.draw());
    this.canvas.addEventListener("pointermove", event => this.point(event));
    this.canvas.addEventListener("pointerleave", hideTip);
    this.canvas.addEventListener("click", event => {
      const cell = this.findCell(event);
      const isSecond = cell === this.cursor;
      this.moveTo(cell);
      // A finger has no hover: the first tap describes a cell, the second one zooms.
      if (cell !== null && (event.pointerType === "mouse" || isSecond)) {
        this.zoomIn();
      }
    });
  }

  choose() {
    this.colouring = this.colourings.find(({ id }) => id === byId("map-by").value).create();
    this.draw();
  }

  /** Marks the page frames that a process maps; null marks nothing. */
  mark(process) {
    this.marked = this.map.owners === null ? null : process;
    byId("map-process").value = process ?? "";
    this.draw();
  }

  /** Lays out the cells of the current part: columns by the width, page frames of a cell by the rows that fit. */
  layOut() {
    const width = this.canvas.clientWidth;
    const level = this.levels.at(-1);
    this.gutter = width > 600 ? 72 : 0;
    const columns = width > 500 ? 64 : 32;
    const rows = width > 900 ? 36 : width > 500 ? 44 : 48;
    let cellFrames = 1;
    while (cellFrames * columns * rows < level.frames) {
      cellFrames *= 2;
    }
    const end = Math.min(level.start + level.frames, this.map.frameCount);
    const cells = Math.ceil((end - level.start) / cellFrames);
    const pitch = (width - this.gutter) / columns;
    this.view = { start: level.start, end, cellFrames, cells, columns, rows: Math.ceil(cells / columns), pitch };
  }

  draw() {
    if (this.canvas.clientWidth === 0) {
      return;
    }
    this.layOut();
    this.counts = countCells(this.map, this.colouring, this.view, this.marked);
    this.cursor = Math.min(this.cursor, this.view.cells - 1);
    const { rows, pitch } = this.view;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(Math.ceil(rows * pitch) * ratio);
    this.canvas.style.height = `${Math.ceil(rows * pitch)}px`;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.drawCells(context);
    this.drawLabels(context);
    this.drawCursor(context);
    this.describeView();
  }

  drawCells(context) {
    const { cells, columns, pitch } = this.view;
    const colours = this.colouring.categories.map(category => readColour(category.colour));
    const categories = colours.length * 2;
    const size = pitch - (pitch >= 6 ? 1 : 0);
    for (let cell = 0; cell < cells; cell++) {
      const x = this.gutter + (cell % columns) * pitch;
      const frames = this.countFrames(cell);
      let bottom = Math.floor(cell / columns) * pitch + size;
      for (let category = 0; category < categories; category++) {
        const count = this.counts[cell * categories + category];
        if (count > 0) {
          const height = size * count / frames;
          context.globalAlpha = category < colours.length ? 1 : 0.16;
          context.fillStyle = colours[category % colours.length];
          context.fillRect(x, bottom - height, size, height);
          bottom -= height;
        }
      }
    }
    context.globalAlpha = 1;
  }

  drawLabels(context) {
    if (this.gutter === 0) {
      return;
    }
    const { rows, columns, pitch, cellFrames, start } = this.view;
    const step = Math.ceil(18 / pitch);
    context.fillStyle = readColour("--quiet");
    context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let row = 0; row < rows; row += step) {
      context.fillText(this.formatPosition(start + row * columns * cellFrames), this.gutter - 10, row * pitch + pitch / 2);
    }
  }

  drawCursor(context) {
    if (document.activeElement === this.canvas) {
      const { columns, pitch } = this.view;
      context.strokeStyle = readColour("--focus");
      context.lineWidth = 2;
      context.strokeRect(this.gutter + (this.cursor % columns) * pitch - 1, Math.floor(this.cursor / columns) * pitch - 1, pitch + 1, pitch + 1);
    }
  }

  countFrames(cell) {
    return Math.min(this.view.cellFrames, this.view.end - this.view.start - cell * this.view.cellFrames);
  }

  /** A page frame number if the report has them; otherwise how far in memory a position is. */
  formatPosition(position) {
    if (this.report.includesFrames) {
      const segment = this.map.segments.findLast(([at]) => at <= position) ?? [0, 0];
      return `0x${(segment[1] + position - segment[0]).toString(16)}`;
    }
    return formatBytes(position * this.report.pageSize);
  }

  press(event) {
    const { columns, cells } = this.view;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -this.cursor, End: cells - 1 - this.cursor };
    if (event.key in steps) {
      this.moveTo(Math.max(0, Math.min(cells - 1, this.cursor + steps[event.key])));
    } else if (event.key === "Enter" || event.key === "+") {
      this.zoomIn();
    } else if (event.key === "Escape" || event.key === "-") {
      this.zoomOut();
    } else {
      return;
    }
    event.preventDefault();
  }

  findCell(event) {
    const { columns, pitch, cells } = this.view;
    const column = Math.floor((event.offsetX - this.gutter) / pitch);
    const cell = Math.floor(event.offsetY / pitch) * columns + column;
    return column >= 0 && column < columns && cell < cells ? cell : null;
  }

  point(event) {
    const cell = this.findCell(event);
    if (cell === null) {
      hideTip();
    } else {
      showTip(describeCell(this, cell), event.clientX, event.clientY);
    }
  }

  moveTo(cell) {
    if (cell !== null) {
      this.cursor = cell;
      this.draw();
      byId("map-status").textContent = describeCell(this, cell).join(" · ");
    }
  }

  zoomIn() {
    const { start, cellFrames, columns } = this.view;
    if (cellFrames > 1) {
      const frames = Math.max(cellFrames / 16, 1) * columns * 32;
      const at = start + this.cursor * cellFrames;
      const aligned = Math.max(0, Math.min(at - at % Math.max(frames, 1), this.map.frameCount - 1));
      this.levels.push({ start: aligned, frames });
      this.cursor = 0;
      this.draw();
      this.moveTo(Math.floor((at - aligned) / this.view.cellFrames));
    }
  }

  zoomOut() {
    this.goTo(this.levels.length - 2);
  }

  goTo(level) {
    if (level >= 0) {
      const at = this.view.start + this.cursor * this.view.cellFrames;
      this.levels.length = level + 1;
      this.draw();
      this.moveTo(Math.floor((at - this.view.start) / this.view.cellFrames));
    }
  }

  describeView() {
    fillTrail(byId("map-trail"), this.levels.map((level, i) => i === 0 ? "All memory" : describeRange(this, level.start, Math.min(level.frames, this.map.frameCount - level.start))), level => this.goTo(level));
    byId("map-in").disabled = this.view.cellFrames === 1;
    byId("map-out").disabled = this.levels.length === 1;
    describeMap(this);
  }
}
