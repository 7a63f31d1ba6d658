import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/**
 * Starts a thread from a module, as written or as built.
 *
 * The program's own flags (`--input-type`, `--inspect`, …) are not the thread's. Node 20 runs no TypeScript: from sources
 * (tests, benchmarks), the thread registers tsx, a development dependency, before it imports the module. `--import tsx`
 * does not do: tsx stays inactive in threads.
 */
export function startThread(module: URL, workerData: object): Worker {
  if (module.href.endsWith(".js")) return new Worker(module, { workerData, execArgv: [] });
  const tsx = JSON.stringify(pathToFileURL(join(tsxFolder(), "dist/esm/api/index.mjs")).href);
  const start = `import(${tsx}).then((tsx) => { tsx.register(); return import(${JSON.stringify(module.href)}); })`;
  return new Worker(start, { eval: true, workerData, execArgv: [] });
}

/** What a process is started with that begins with a module, as written or as built. */
export function moduleArguments(module: URL): { readonly path: string; readonly execArgv: string[] } {
  const path = fileURLToPath(module);
  if (path.endsWith(".js")) return { path, execArgv: [] };
  return { path, execArgv: ["--import", pathToFileURL(join(tsxFolder(), "dist/loader.mjs")).href] };
}

/** By file and not by name: what starts from a text resolves names from the working directory. */
function tsxFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("tsx/package.json"));
}
