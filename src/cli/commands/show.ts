import type { Experiment } from "../../domain/experiment.ts";
import { formatResults } from "../../report/results-view.ts";
import { formatTask } from "../../report/task-view.ts";
import { formatVectorSets } from "../../report/vectors-view.ts";
import { RuntimeFailure } from "../../runtime/failures.ts";
import { readResults } from "../../runtime/results-file.ts";
import { observeState } from "../../runtime/observe.ts";
import { readVectorSets } from "../../runtime/vector-sets.ts";
import { UsageError, type Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { compileSpec, diagnosticsJson, planAgainst, printDiagnostics, tasksNamed } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

/** Tasks that one pattern shows. */
const MAX_SHOWN = 20;

export const showCommand: Command = {
  help: `Usage: steerform show results [SPEC] [options]
       steerform show vectors [SPEC] [options]
       steerform show TASK [SPEC] [options]

results: for every vector set the best layer and coefficient, the trait's change with its interval, coherence, the
unsteered answers and random directions; combinations beside the best single vector.
vectors: for every vector set the responses that it is made of, those that were left out and why, and how far it tells
the two classes apart, on scenarios that were held out, too.
TASK, an id with * or steering[trait=evil,method=probe]: what it is made of, what it made, when, where and by what.

Options:
  ${SET_HELP}
  --json             one JSON document
  -h, --help         this text`,
  options: SPEC_OPTIONS,
  maxPositionals: 2,
  words: ["results", "vectors"],
  async run(args, host): Promise<ExitCode> {
    const [what, spec] = args.positionals;
    if (what === undefined) throw new UsageError("show what? There is: results, vectors, or the id of a task.");
    const compiled = compileSpec(spec, host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (experiment === undefined) {
      const document = { format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) };
      if (args.flag("json")) host.out(JSON.stringify(document));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    if (what === "results") return showResults(experiment, args, host);
    if (what === "vectors") return showVectors(experiment, args, host);
    return showTasks(what, experiment, args, host);
  },
};

function showResults(experiment: Experiment, args: Arguments, host: Host): ExitCode {
  const results = readResults(experiment.folder);
  if (results === undefined) {
    const message = `${experiment.name} has no results yet.`;
    throw new RuntimeFailure("results-missing", message, "steerform apply makes them.");
  }
  host.out(args.flag("json") ? JSON.stringify(results, null, 2) : formatResults(results));
  return EXIT.success;
}

function showVectors(experiment: Experiment, args: Arguments, host: Host): ExitCode {
  const sets = readVectorSets(experiment);
  if (sets.length === 0) {
    const message = `${experiment.name} has no vectors yet.`;
    throw new RuntimeFailure("results-missing", message, "steerform apply makes them.");
  }
  host.out(args.flag("json") ? JSON.stringify({ format_version: 1, ok: true, sets }, null, 2) : formatVectorSets(sets));
  return EXIT.success;
}

async function showTasks(pattern: string, experiment: Experiment, args: Arguments, host: Host): Promise<ExitCode> {
  const ids = tasksNamed("show", [pattern], experiment);
  const state = await observeState(experiment.folder)();
  const plan = planAgainst(experiment, state, { set: [], target: [], replace: [] });
  const planned = new Map(plan.tasks.map((one) => [one.id, one]));
  const tasks = experiment.tasks.filter(({ id }) => ids.has(id));
  if (args.flag("json")) {
    const documents = tasks.map((task) => ({
      ...task,
      action: planned.get(task.id)?.action,
      reasons: planned.get(task.id)?.reasons,
      record: state.records.get(task.id) ?? null,
    }));
    host.out(JSON.stringify({ format_version: 1, ok: true, tasks: documents }, null, 2));
    return EXIT.success;
  }
  const shown = tasks.slice(0, MAX_SHOWN);
  host.out(shown.map((task) => formatTask(task, planned.get(task.id), state.records.get(task.id))).join("\n\n"));
  if (tasks.length > shown.length) host.out(`\nand ${tasks.length - shown.length} more tasks.`);
  return EXIT.success;
}
