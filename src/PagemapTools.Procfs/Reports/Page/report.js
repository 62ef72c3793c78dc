"use strict";

// Puts the parts of the report together.

async function main() {
  const report = await readReport();
  describeReport(report);
  if (report.isSelection) {
    byId("memory").before(byId("spaces"), byId("mappings"), byId("sharing"));
  }
  const map = report.memory === null ? null : createMap(report);
  const treemap = new TreemapView(report, process => map?.mark(process));
  const select = process => {
    treemap.show(process, true);
    byId("treemap-heading").scrollIntoView({ block: "start" });
  };
  fillSpaces(report, select);
  if (report.sharing !== null) {
    fillMatrix(report, select);
  }
  new ProcessTable(report, select);
  document.documentElement.dataset.ready = "true";
}

function createMap(report) {
  byId("memory").hidden = false;
  fillBars(report);
  const { blockFrames, isReduced } = report.memory.map;
  const block = formatBytes(blockFrames * report.pageSize);
  byId("map-intro").textContent = (report.includesFrames
    ? blockFrames === 1 ? "Page frames in the order of their numbers." : `Page frames in the order of their numbers; inside ${block} the order is lost, for there is more to say than a report holds.`
    : `Each GiB of memory in blocks of ${block}, sorted by what they hold: a report without page frame numbers does not show where a page is.`)
    + (isReduced ? " Flags, cgroups and processes are those of most page frames of a kind in a block." : "")
    + (report.isSelection ? " Who maps a page frame is known for the processes of this report only." : "");
  return new FrameMapView(report);
}

function describeReport(report) {
  document.title = `Memory report of ${report.host}`;
  byId("title").textContent = `Memory of ${report.host}`;
  const moment = `${report.time.replace("T", " ")}${report.snapshotSeconds === null ? "" : `, from a snapshot that took ${report.snapshotSeconds.toFixed(1)} s`}`;
  byId("subtitle").textContent = `${moment} · Linux ${report.kernel ?? "of an unknown release"} · ${formatCount(report.processes.length, report.isSelection ? "selected process" : "process", report.isSelection ? "selected processes" : "processes")}`;
  if (report.snapshotSeconds !== null) {
    byId("treemap-intro").textContent += " Mappings are shown as a snapshot has them: Shared may include the zero page, and Swap has no shared memory.";
  }
  const sum = key => report.processes.reduce((total, process) => total + (process[key] ?? 0), 0);
  const figures = [];
  if (report.memory !== null) {
    const kinds = new Map(report.memory.kinds);
    const total = report.memory.kinds.reduce((all, [, bytes]) => all + bytes, 0);
    figures.push(["Memory", total], ["Free", kinds.get("Free") ?? 0], ["Anonymous", kinds.get("Anonymous") ?? 0], ["Page cache", kinds.get("PageCache") ?? 0]);
  }
  figures.push(["Uss of processes", sum("uss")], ["Swap of processes", sum("swap")]);
  byId("figures").replaceChildren(...figures.map(([label, bytes]) => element("div", {}, element("dt", {}, label), element("dd", {}, formatBytes(bytes)))));
  byId("figures").classList.toggle("few", figures.length < 3);
  byId("notes").replaceChildren(...report.notes.map(note => element("li", {}, note)));
  byId("privacy").textContent = (report.includesFrames
    ? "This file has page frame numbers (-IncludeFrames), which help attacks on memory such as Rowhammer: share it with people you trust."
    : "This file has no page frame numbers.") + " It has the names of programs, users, files and cgroups of the machine. It loads nothing from a network. Made by Export-PageReport of PagemapTools.";
}

main().catch(failure => {
  byId("notes").append(element("li", {}, `The data of this report cannot be shown: ${failure.message}`));
  throw failure;
});
