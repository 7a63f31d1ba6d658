import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { compile, locateExperiment, type Compilation, type CompileOptions } from "../compiler/compile.ts";
import type { PlanRequest } from "../compiler/plan/document.ts";
import { taskDigests } from "../compiler/fingerprint/fingerprint.ts";
import { planTasks } from "../compiler/plan/plan.ts";
import { selectTasks, withUpstream } from "../compiler/plan/select.ts";
import { diagnosticToJson, renderDiagnostic } from "../diagnostics/render.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Plan } from "../domain/state.ts";
import { plural } from "../report/units.ts";
import { observeState, type Observed } from "../runtime/observe.ts";
import { diskReader } from "../runtime/project-reader.ts";
import { UsageError, type Arguments } from "./args.ts";
import type { Host } from "./host.ts";

/** Compiles the spec that a command names, or the only one in `specs/`. Throws UsageError when there is no telling which. */
export function compileSpec(spec: string | undefined, host: Host, options: CompileOptions): Compilation {
  const wrong = options.set?.find((text) => !/^[^=]+=/.test(text));
  if (wrong !== undefined) throw new UsageError(`--set takes KEY=VALUE; '${wrong}' is not.`);
  return compile(resolve(host.cwd, spec ?? onlySpec(host.cwd)), diskReader(), options);
}

export interface Observing {
  readonly compiled: Compilation;
  /** Of an experiment that was compiled. Throws RuntimeFailure `state-newer` or `state-damaged`. */
  readonly observed: (experiment: Experiment) => Promise<Observed>;
}

/** Compiles a spec, and looks meanwhile at what was made. */
export function compileAndObserve(spec: string | undefined, host: Host, options: CompileOptions): Observing {
  let seen: (() => Promise<Observed>) | undefined;
  const onFolder = (folder: string): void => {
    seen = observeState(folder);
  };
  return {
    compiled: compileSpec(spec, host, { ...options, onFolder }),
    observed({ folder, tasks }) {
      // Worked out while there is still something to look at.
      taskDigests(tasks);
      return (seen ?? observeState(folder))();
    },
  };
}

/**
 * Where a spec's artifacts are, for commands that look at what was made and not at the spec's meaning: it may be broken by
 * now. Throws UsageError when the spec has no readable name.
 */
export function experimentFolder(spec: string | undefined, host: Host): string {
  const path = resolve(host.cwd, spec ?? onlySpec(host.cwd));
  const folder = locateExperiment(path, diskReader());
  if (folder === undefined)
    throw new UsageError(`${relative(host.cwd, path)} is no spec with the name of an experiment.`);
  return folder;
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

/** Names of the specs in a folder, in order. */
export function specFiles(folder: string): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .toSorted()
    : [];
}

/** What was asked for on the command line. */
export function requestOf(args: Arguments): PlanRequest {
  return { set: args.texts("set"), target: args.texts("target"), replace: args.texts("replace") };
}

/** What apply has to do, given what was made. Throws UsageError for a pattern that no task matches. */
export function planAgainst(experiment: Experiment, observed: Observed, request: PlanRequest): Plan {
  const targets = request.target.length > 0 ? tasksNamed("--target", request.target, experiment) : undefined;
  const replace = tasksNamed("--replace", request.replace, experiment);
  return planTasks(experiment, observed.records, observed.isPresent, {
    ...(targets === undefined ? {} : { only: withUpstream(experiment, targets) }),
    replace,
  });
}

/** Ids of the tasks that patterns name. Throws UsageError for one that names none. */
export function tasksNamed(option: string, patterns: readonly string[], experiment: Experiment): ReadonlySet<string> {
  const { ids, unmatched } = selectTasks(experiment, patterns);
  const [first] = unmatched;
  if (first === undefined) return ids;
  const near = first.near === undefined ? "" : ` Did you mean '${first.near}'?`;
  throw new UsageError(`${option} '${first.pattern}' names no task of ${experiment.name}.${near}`);
}

/** Every diagnostic for people, on standard error, how many there are, and where to read on. */
export function printDiagnostics({ diagnostics, sources, projectDir }: Compilation, host: Host): void {
  const first = diagnostics.find(({ severity }) => severity === "error") ?? diagnostics[0];
  if (first === undefined) return;
  const showFile = (file: string): string =>
    file.startsWith("--set ") ? file : relative(host.cwd, join(projectDir, file));
  for (const diagnostic of diagnostics) {
    host.err(`${renderDiagnostic(diagnostic, { sources, color: host.style.colour, showFile })}\n`);
  }
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  const counts = [plural(count("error"), "error"), plural(count("warning"), "warning")];
  host.err(`${counts.filter((text) => !text.startsWith("0 ")).join(", ")}. steerform explain ${first.code} says more.`);
}

/** For people, or as events of a stream. */
export function showDiagnostics(compiled: Compilation, json: boolean, host: Host): void {
  if (!json) printDiagnostics(compiled, host);
  else for (const one of diagnosticsJson(compiled)) host.out(JSON.stringify({ type: "diagnostic", ...one }));
}

export function diagnosticsJson({ diagnostics }: Compilation): object[] {
  return diagnostics.map(diagnosticToJson);
}
