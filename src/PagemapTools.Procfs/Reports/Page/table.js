"use strict";

// The table of processes, which sorts and filters.

const columns = [
  { key: "name", label: "Name", isText: true }, { key: "id", label: "Id" }, { key: "user", label: "User", isText: true },
  { key: "uss", label: "Uss" }, { key: "shared", label: "Shared" }, { key: "rss", label: "Rss" }, { key: "pss", label: "Pss" },
  { key: "swap", label: "Swap" }, { key: "hugePages", label: "Huge pages" }, { key: "hugetlb", label: "Hugetlb" },
];
const maxRows = 100;

class ProcessTable {
  constructor(report, select) {
    this.processes = report.processes.map((process, index) => ({ ...process, index }));
    this.columns = columns.filter(({ key }) => key !== "hugetlb" || this.processes.some(process => process.hugetlb > 0));
    this.select = select;
    this.sortedBy = this.columns.find(({ key }) => key === "uss");
    this.isDescending = true;
    this.limit = maxRows;
    this.body = element("tbody");
    this.headings = this.columns.map(column => {
      const button = element("button", { type: "button", class: "sort" }, column.label);
      button.addEventListener("click", () => this.sort(column));
      return element("th", { scope: "col", class: column.isText || column.key === "id" ? null : "number" }, button);
    });
    byId("processes-table").replaceChildren(
      element("caption", { class: "hidden" }, "Processes and their memory; the headings sort"), element("thead", {}, element("tr", {}, ...this.headings)), this.body);
    byId("processes-filter").addEventListener("input", () => this.fill());
    byId("processes-all").addEventListener("click", () => {
      this.limit = Infinity;
      this.fill();
    });
    this.fill();
  }

  sort(column) {
    this.isDescending = column === this.sortedBy ? !this.isDescending : !column.isText;
    this.sortedBy = column;
    this.fill();
  }

  fill() {
    const wanted = byId("processes-filter").value.toLowerCase();
    const { key } = this.sortedBy;
    const direction = this.isDescending ? -1 : 1;
    const found = this.processes.filter(process => `${process.name} ${process.id} ${process.user ?? ""}`.toLowerCase().includes(wanted));
    // What is unknown stands last in either direction.
    found.sort((a, b) => (a[key] === null) - (b[key] === null) || direction * this.compare(a[key], b[key]) || a.id - b.id);
    this.body.replaceChildren(...found.slice(0, this.limit).map(process => this.createRow(process)));
    this.headings.forEach((heading, i) => {
      if (this.columns[i] === this.sortedBy) {
        heading.setAttribute("aria-sort", this.isDescending ? "descending" : "ascending");
      } else {
        heading.removeAttribute("aria-sort");
      }
    });
    byId("processes-all").hidden = found.length <= this.limit;
    byId("processes-all").textContent = `Show all ${found.length} processes`;
  }

  compare(a, b) {
    return typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : a < b ? -1 : a > b ? 1 : 0;
  }

  createRow(process) {
    return element("tr", {}, ...this.columns.map(({ key, isText }) =>
      key === "name" ? element("th", { scope: "row", title: process.name }, createLink(process.name, () => this.select(process.index)))
        : key === "id" ? element("td", {}, `${process.id}`)
          : isText ? element("td", {}, process[key] ?? "unknown")
            : element("td", { class: "number" }, formatBytes(process[key]))));
  }
}
