/**
 * How long planning takes at a thousand, ten thousand and a hundred thousand tasks, beside build tools on the same graph.
 *
 *     npm run build && node --import tsx bench/plan/run.ts [--keep] [1k] [10k] [100k]
 *
 * Needs GNU time, and ninja, make and snakemake for their rows (Debian: time ninja-build make snakemake). Writes to a
 * temporary folder, about 250,000 small files at 100k, and removes it; --keep leaves it and says where it is.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { compileProject, fabricate } from "./made.ts";
import { measure } from "./measure.ts";
import { writePeers } from "./peers.ts";
import { REPOSITORY, taskCount, writeProject, type Size } from "./project.ts";

const SIZES: Readonly<Record<string, Size>> = {
  "1k": { traits: 5, sources: 2, positions: 20 },
  "10k": { traits: 10, sources: 10, positions: 20 },
  "100k": { traits: 50, sources: 20, positions: 20 },
};
/** It takes minutes beyond this. */
const SNAKEMAKE_MAX = 20_000;

const STEERFORM = ["node", join(REPOSITORY, "bin", "steerform.js")];

interface Row {
  readonly tool: string;
  readonly what: "validate" | "first plan" | "no-op plan" | "no-op apply";
  readonly command: readonly string[];
  /** What it has to print, to be believed. */
  readonly says: RegExp;
}

function rowsOf(what: Row["what"], count: number): Row[] {
  const number = count.toLocaleString("en-US");
  const noop = what === "no-op plan";
  const snakemake = ["snakemake", "-n", "-c1", "--rerun-triggers", "mtime"];
  const rows: Row[] = [
    { tool: "ninja -n", what, command: ["ninja", "-n"], says: noop ? /no work to do/ : new RegExp(`\\[${count}/`) },
    { tool: "make -n", what, command: ["make", "-n"], says: noop ? /Nothing to be done/ : /touch .*results\.json/ },
    { tool: "snakemake -n", what, command: snakemake, says: noop ? /Nothing to be done/ : new RegExp(` ${count} `) },
  ];
  const says = new RegExp(noop ? `${number} up to date` : `${number} to create`);
  return [{ tool: "steerform plan", what, command: [...STEERFORM, "plan"], says }, ...rows].filter(
    ({ tool }) =>
      tool.startsWith("steerform") || (isThere(tool) && (count <= SNAKEMAKE_MAX || !tool.startsWith("snakemake"))),
  );
}

function isThere(tool: string): boolean {
  return spawnSync(tool.split(" ")[0] as string, ["--version"]).status === 0;
}

function bench(folder: string, name: string, size: Size): void {
  const count = taskCount(size);
  mkdirSync(folder);
  writeProject(folder, size);
  const experiment = compileProject(folder);
  if (experiment.tasks.length !== count) throw new Error(`${experiment.tasks.length} tasks, not ${count}`);
  writePeers(folder, experiment, size);
  console.log(`\n${count.toLocaleString("en-US")} tasks (${name})\n`);
  console.log("| what | tool | min s | median s | peak MB | × ninja |\n| --- | --- | --: | --: | --: | --: |");
  show(folder, [
    { tool: "steerform validate", what: "validate", command: [...STEERFORM, "validate"], says: /is valid/ },
  ]);
  show(folder, rowsOf("first plan", count));
  fabricate(experiment);
  show(folder, rowsOf("no-op plan", count));
  const says = new RegExp(`${count.toLocaleString("en-US")} up to date[^]*Best t00 vector`);
  show(folder, [{ tool: "steerform apply", what: "no-op apply", command: [...STEERFORM, "apply"], says }]);
}

function show(folder: string, rows: readonly Row[]): void {
  const measured = rows.map((row) => ({ ...row, ...measure(folder, row.command) }));
  const ninja = measured.find(({ tool }) => tool.startsWith("ninja"))?.seconds[0];
  for (const { tool, what, seconds, peakMegabytes, output, says } of measured) {
    if (!says.test(output)) throw new Error(`${tool}, ${what}: it says\n${output.slice(-1000)}`);
    const [least = 0, median = 0] = [seconds[0], seconds[Math.floor(seconds.length / 2)]];
    const ratio = ninja === undefined ? "" : (least / ninja).toFixed(1);
    console.log(
      `| ${what} | ${tool} | ${least.toFixed(2)} | ${median.toFixed(2)} | ${peakMegabytes.toFixed(0)} | ${ratio} |`,
    );
  }
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const scratch = mkdtempSync(join(tmpdir(), "steerform-bench-"));
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`);
try {
  for (const [name, size] of Object.entries(SIZES)) {
    if (wanted.length === 0 || wanted.includes(name)) bench(join(scratch, name), name, size);
  }
} finally {
  if (process.argv.includes("--keep")) console.log(`\nLeft in ${scratch}`);
  else rmSync(scratch, { recursive: true });
}
