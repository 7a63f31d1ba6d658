// Makes dist/ from src/: the command and what it starts in threads and processes, bundled, and the checks of our JSON
// Schemas as programs (docs/decisions/bundle.md, docs/decisions/schemas-as-programs.md).
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

/** Modules that something begins with: see programFile in src/util/package-files.ts. The last is for this script. */
const ENTRIES = [
  "cli/main",
  "engine/providers/trial-process",
  "engine/session/worker",
  "engine/weights-analysis/worker",
  "runtime/observe-thread",
  "runtime/runners/worker-process",
  "runtime/schemas",
];
const root = new URL("../", import.meta.url);
const folder = (path) => fileURLToPath(new URL(path, root));

rmSync(folder("dist"), { recursive: true, force: true });
await build({
  absWorkingDir: folder("."),
  entryPoints: ENTRIES.map((entry) => `src/${entry}.ts`),
  outbase: "src",
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.19",
  logLevel: "warning",
});

const { AJV_OPTIONS } = await import(new URL("dist/runtime/schemas.js", root));
mkdirSync(folder("dist/runtime/schemas"), { recursive: true });
for (const name of ["experiment", "model", "plan"]) {
  const schema = JSON.parse(readFileSync(folder(`schema/${name}.schema.json`), "utf8"));
  const ajv = new Ajv2020({ ...AJV_OPTIONS, code: { source: true } });
  writeFileSync(folder(`dist/runtime/schemas/${name}.cjs`), standalone.default(ajv, ajv.compile(schema)));
}
