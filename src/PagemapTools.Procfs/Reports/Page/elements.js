"use strict";

// Elements and text. Whatever is shown becomes a text node or an attribute, so no name of a process or a file can become markup.

/** Creates an element with attributes; a null attribute is left out. */
function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) {
      created.setAttribute(name, value);
    }
  }
  created.append(...children.filter(child => child !== null));
  return created;
}

function byId(id) {
  return document.getElementById(id);
}

/** Formats bytes as the module does; null is unknown. */
function formatBytes(bytes) {
  if (bytes === null || bytes === undefined) {
    return "unknown";
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || Number.isInteger(size) ? size : size.toFixed(1)} ${units[unit]}`;
}

function formatPercent(part, whole) {
  const percent = whole > 0 ? 100 * part / whole : 0;
  return percent > 0 && percent < 0.1 ? "<0.1 %" : `${percent.toFixed(1)} %`;
}

function formatCount(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Reads a colour of the style sheet. */
function readColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Creates the entry of a legend. */
function legendEntry(swatch, label, bytes) {
  return element("li", {}, swatch, label, bytes === undefined ? null : element("span", { class: "bytes" }, formatBytes(bytes)));
}

/** Creates a swatch, by the name of a colour or by a class. */
function createSwatch(colour, name = "") {
  const swatch = element("span", { class: `swatch ${name}`, "aria-hidden": "true" });
  if (colour) {
    swatch.style.background = `var(${colour})`;
  }
  return swatch;
}

/** Shows lines beside a point of the window. */
function showTip(lines, x, y) {
  const tip = byId("tip");
  tip.replaceChildren(...lines.map(line => element("p", {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(12, Math.min(x + 14, innerWidth - width - 12))}px`;
  tip.style.top = `${y + height + 24 > innerHeight ? Math.max(12, y - height - 12) : y + 16}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}

/** Fills a trail: buttons for the levels above, and the name of this level. */
function fillTrail(trail, levels, goTo) {
  trail.replaceChildren(...levels.map((name, level) => {
    if (level === levels.length - 1) {
      return element("span", { class: "at", "aria-current": "location" }, name);
    }
    const button = element("button", { type: "button", class: "link" }, name);
    button.addEventListener("click", () => goTo(level));
    return button;
  }));
}

/** Calls a function after each change of what an element's size or the colour scheme makes of a drawing. */
function onLayout(target, draw) {
  let width = 0;
  new ResizeObserver(entries => {
    const now = entries[0].contentRect.width;
    if (now !== width) {
      width = now;
      draw();
    }
  }).observe(target);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", draw);
  }
}
