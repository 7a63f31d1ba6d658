import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { compile, type Compilation, type CompileOptions } from "../compiler/compile.ts";
import { planTasks } from "../compiler/plan/plan.ts";
import { diagnosticToJson, renderDiagnostic } from "../diagnostics/render.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan, TaskRecord } from "../domain/state.ts";
import { diskReader } from "../runtime/project-reader.ts";
import { readState, type State } from "../runtime/state.ts";
import { plural } from "../report/units.ts";
import { UsageError } from "./args.ts";
import type { Host } from "./host.ts";

/** Compiles the spec that a command names, or the only one in `specs/`. Throws UsageError when there is no telling which. */
export function compileSpec(spec: string | undefined, host: Host, options: CompileOptions): Compilation {
  return compile(resolve(host.cwd, spec ?? onlySpec(host.cwd)), diskReader(), options);
}

function onlySpec(cwd: string): string {
  const specs = specFiles(join(cwd, "specs"));
  const [only] = specs;
  if (only !== undefined && specs.length === 1) return join("specs", only);
  throw new UsageError(
    only === undefined
      ? "Which spec? There is none in specs/ here: name a file."
      : `Which spec? specs/ has ${specs.length}: ${specs.join(", ")}.`,
  );
}

function specFiles(folder: string): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .toSorted()
    : [];
}

/** What apply has to do, given a state: by default the one on disk. Throws RuntimeFailure for a state it cannot read. */
export function planAgainst(experiment: Experiment, state: State = readState(experiment.folder)): Plan {
  return planTasks(experiment, state.records, (record) => hasOutputs(experiment.folder, record));
}

/** Looks at sizes only: what else can be wrong with an output would take reading it. */
function hasOutputs(folder: string, { outputs }: TaskRecord): boolean {
  return outputs.every(({ path, bytes }) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === bytes);
}

/** Every diagnostic for people, on standard error, and how many there are. */
export function printDiagnostics({ diagnostics, sources, projectDir }: Compilation, host: Host): void {
  if (diagnostics.length === 0) return;
  const showFile = (file: string): string => relative(host.cwd, join(projectDir, file));
  for (const diagnostic of diagnostics) {
    host.err(`${renderDiagnostic(diagnostic, { sources, color: host.style.colour, showFile })}\n`);
  }
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  const counts = [plural(count("error"), "error"), plural(count("warning"), "warning")];
  host.err(`${counts.filter((text) => !text.startsWith("0 ")).join(", ")}.`);
}

export function diagnosticsJson({ diagnostics }: Compilation): object[] {
  return diagnostics.map(diagnosticToJson);
}
