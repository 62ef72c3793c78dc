"use strict";

// The data: JSON, and the runs of the map in the text beside it.

/** Reads the report. Its runs have a class and a position in page frames; the last position is the end of memory. */
async function readReport() {
  const report = JSON.parse(byId("report").textContent);
  if (report.memory !== null) {
    const bytes = await inflate(byId("runs").textContent);
    report.memory.map.runs = decodeRuns(bytes, report.memory.map.runCount);
  }
  return report;
}

async function inflate(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    bytes[i] = text.charCodeAt(i);
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Decodes all classes, then all counts: numbers of 7 bits a byte, the lowest first. */
function decodeRuns(bytes, count) {
  let at = 0;
  const next = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) {
        return value;
      }
    }
  };
  const classes = new Int32Array(count);
  const positions = new Float64Array(count + 1);
  for (let run = 0; run < count; run++) {
    classes[run] = next();
  }
  for (let run = 0; run < count; run++) {
    positions[run + 1] = positions[run] + next();
  }
  return { classes, positions };
}

/** Finds the run that has a position. */
function findRun(runs, position) {
  let low = 0;
  let high = runs.classes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs.positions[middle] <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Calls a function with the class and the count of each run in a part of the map. */
function forEachRun(runs, start, end, visit) {
  for (let run = findRun(runs, start); run < runs.classes.length && runs.positions[run] < end; run++) {
    visit(runs.classes[run], Math.min(runs.positions[run + 1], end) - Math.max(runs.positions[run], start), Math.max(runs.positions[run], start));
  }
}

/** Names a process: its name and its id. */
function nameProcess(process) {
  return `${process.name} ${process.id}`;
}
