/**
 * The demo in one process and in several, and whether they make the same.
 *
 *     npm run build && node --import tsx bench/workers/run.ts [workers…]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const wanted = process.argv.slice(2).map(Number);

/** Of every file that tasks made. */
function digestOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes(".steerform") && !path.includes("reports/report."))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const hash = createHash("sha256");
  for (const path of files) hash.update(path.slice(folder.length)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

function run(workers: number): { readonly seconds: number; readonly digest: string } {
  const project = mkdtempSync(join(tmpdir(), "steerform-bench-"));
  try {
    for (const name of ["specs", "config", "templates", "datasets"]) {
      cpSync(join(REPOSITORY, name), join(project, name), { recursive: true });
    }
    symlinkSync(join(REPOSITORY, "models"), join(project, "models"));
    const args = ["apply", "specs/demo.yaml", "--yes", "--set", `engine.workers=${workers}`];
    const began = performance.now();
    execFileSync(process.execPath, [join(REPOSITORY, "bin/steerform.js"), ...args], { cwd: project });
    const seconds = (performance.now() - began) / 1000;
    return { seconds, digest: digestOf(join(project, "experiments/demo")) };
  } finally {
    rmSync(project, { recursive: true });
  }
}

console.log(`${availableParallelism()} cores`);
const alone = run(1);
console.log(`1 process: ${alone.seconds.toFixed(1)} s, ${alone.digest}`);
for (const workers of wanted.length === 0 ? [2] : wanted) {
  const { seconds, digest } = run(workers);
  const same = digest === alone.digest ? "the same bytes" : `OTHER BYTES: ${digest}`;
  console.log(
    `${workers} processes: ${seconds.toFixed(1)} s, ${(alone.seconds / seconds).toFixed(2)} × as fast, ${same}`,
  );
}
