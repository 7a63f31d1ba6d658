import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * Starts a thread from the module `name` (no extension) beside the module `here` (its import.meta.url).
 *
 * The program's own flags (`--input-type`, `--inspect`, …) are not the thread's. Node 20 runs no TypeScript: from sources
 * (tests, benchmarks), the thread registers tsx, a development dependency, before it imports the module. `--import tsx`
 * does not do: tsx stays inactive in threads.
 */
export function startThread(here: string, name: string, workerData?: object): Worker {
  if (!here.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, here), { workerData, execArgv: [] });
  // By file and not by name: a thread that starts from a text resolves names from the working directory.
  const tsxFolder = dirname(createRequire(here).resolve("tsx/package.json"));
  const tsx = JSON.stringify(pathToFileURL(join(tsxFolder, "dist/esm/api/index.mjs")).href);
  const module = JSON.stringify(new URL(`./${name}.ts`, here).href);
  const start = `import(${tsx}).then((tsx) => { tsx.register(); return import(${module}); })`;
  return new Worker(start, { eval: true, workerData, execArgv: [] });
}
