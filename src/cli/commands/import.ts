import { relative, resolve } from "node:path";
import type { Experiment } from "../../domain/experiment.ts";
import { plural } from "../../report/units.ts";
import { RuntimeFailure } from "../../runtime/failures.ts";
import { ImportFolder } from "../../runtime/import/folder.ts";
import { importTasks, type Import } from "../../runtime/import/import.ts";
import { acquireLock } from "../../runtime/lock.ts";
import { observeState } from "../../runtime/observe.ts";
import { StateStore } from "../../runtime/state.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { compileSpec, diagnosticsJson, planAgainst, printDiagnostics, requestOf } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

/** Refused tasks that are shown. */
const MAX_SHOWN = 10;

export const importCommand: Command = {
  help: `Usage: steerform import FOLDER [SPEC] [options]

Takes over what a spec's tasks would make from a folder, instead of making it: plan then shows it as up to date.

From what steerform export --format pt has written, every task that was made from the same parameters, data and weights.
From another experiment in the study's layout, with --adopt, the vectors: extraction/<set>/<trait>/<variant>/vectors/
<position>/residual/<method>/layer0.pt, layer1.pt, … and metadata.json. Such a folder does not say what they were made
from: that they are what the spec describes is then your word. Files are read as data: no pickle is run.

What is up to date stays as it is.

Options:
  --adopt            take vectors that nothing says what they were made from
  --target TASKS     only these tasks and what they need: an id with *, or vectors[trait=evil]; repeatable
  ${SET_HELP}
  --json             one JSON document
  -h, --help         this text`,
  options: { ...SPEC_OPTIONS, target: { type: "string", multiple: true }, adopt: { type: "boolean" } },
  maxPositionals: 2,
  async run(args, host): Promise<ExitCode> {
    const [from, spec] = args.positionals;
    if (from === undefined) throw new UsageError("import what? Name the folder of an experiment.");
    const json = args.flag("json");
    const compiled = compileSpec(spec, host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    const folder = new ImportFolder(resolve(host.cwd, from));
    if (folder.manifest === undefined && !args.flag("adopt")) {
      throw new RuntimeFailure(
        "import-refused",
        `${from} does not say what its artifacts were made from.`,
        "With --adopt its vectors are taken as those that the spec describes.",
      );
    }
    const imports = await importInto(experiment, folder, requestOf(args));
    const done = imports.filter(({ outcome }) => outcome === "imported").length;
    const ok = done > 0 || imports.length === 0;
    if (json) host.out(JSON.stringify({ format_version: 1, ok, imported: done, tasks: imports }, null, 2));
    else tell(imports, relative(host.cwd, folder.path) || ".", host);
    return ok ? EXIT.success : EXIT.failure;
  },
};

async function importInto(
  experiment: Experiment,
  folder: ImportFolder,
  request: ReturnType<typeof requestOf>,
): Promise<Import[]> {
  const lock = acquireLock(experiment.folder);
  try {
    const state = StateStore.open(experiment.folder);
    const plan = planAgainst(experiment, await observeState(experiment.folder)(), request);
    const todo = plan.tasks.filter(({ action }) => action !== "keep");
    const imports: Import[] = [];
    for await (const one of importTasks(todo, folder, { experiment, state })) imports.push(one);
    return imports;
  } finally {
    lock.release();
  }
}

function tell(imports: readonly Import[], from: string, host: Host): void {
  const refused = imports.flatMap((one) => (one.outcome === "refused" ? [one] : []));
  const count = (outcome: Import["outcome"]): number => imports.filter((one) => one.outcome === outcome).length;
  for (const { id, why } of refused.slice(0, MAX_SHOWN)) host.err(`not imported: ${id}: ${why}`);
  if (refused.length > MAX_SHOWN) host.err(`… and ${plural(refused.length - MAX_SHOWN, "more task")}`);
  if (imports.length === 0) {
    host.out("Everything is up to date: nothing to import.");
    return;
  }
  const absent = count("absent");
  const without = absent === 0 ? "" : `, ${absent} not in the folder`;
  const not = refused.length === 0 ? "" : `, ${refused.length} not taken`;
  host.out(`${plural(count("imported"), "task")} imported from ${from}${not}${without}.`);
}
