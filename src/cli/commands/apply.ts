import type { Compilation } from "../../compiler/compile.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { formatPlan } from "../../report/plan-view.ts";
import { jsonProgress } from "../../report/progress/json.ts";
import { listrProgress } from "../../report/progress/listr.ts";
import { plainProgress } from "../../report/progress/plain.ts";
import type { ProgressView } from "../../report/progress/types.ts";
import { formatResults } from "../../report/results-view.ts";
import { plural } from "../../report/units.ts";
import { apply } from "../../runtime/apply.ts";
import type { Outcome, RunEvent } from "../../runtime/events.ts";
import { acquireLock } from "../../runtime/lock.ts";
import { readResults } from "../../runtime/results-file.ts";
import { newRunId, openRunLog } from "../../runtime/run-log.ts";
import { StateStore } from "../../runtime/state.ts";
import { toolVersion } from "../../runtime/tool-version.ts";
import type { Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { compileSpec, diagnosticsJson, planAgainst, printDiagnostics } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const applyCommand: Command = {
  name: "apply",
  summary: "executes only what is missing or stale",
  help: `Usage: steerform apply [SPEC] [options]

Executes, in order, every task of the plan that is missing or stale, and shows the results.
Interrupt it at any time: what is finished is kept, and the next apply goes on from there.

Options:
  -y, --yes      do not ask before starting
  --keep-going   when a task fails, go on with those that do not need it
  --json         one event a line on standard output
  -h, --help     this text

Exit codes: 0 everything is up to date, 1 a problem in the spec or a failed task, 3 interrupted.`,
  options: { ...COMMON_OPTIONS, yes: { type: "boolean", short: "y" }, "keep-going": { type: "boolean" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const compiled = compileSpec(args.positionals[0], host, { requireWeights: true });
    const view = progressView(json, host);
    showDiagnostics(compiled, json, host);
    const { experiment } = compiled;
    if (experiment === undefined) return EXIT.failure;

    const preview = planAgainst(experiment);
    const todo = preview.tasks.filter(({ action }) => action === "create" || action === "rerun").length;
    if (!json) host.out(`${formatPlan(experiment, preview, host.style)}\n`);
    if (todo > 0 && !args.flag("yes") && !(await mayRun(todo, json, host))) return EXIT.failure;

    const outcome = todo === 0 ? "done" : await runTasks(experiment, args, view, host);
    if (!json) showResults(experiment.folder, host);
    return { done: EXIT.success, failed: EXIT.failure, interrupted: EXIT.interrupted }[outcome];
  },
};

/** Asks, where there is somebody to ask. */
async function mayRun(todo: number, json: boolean, host: Host): Promise<boolean> {
  if (host.interactive && !json) return host.confirm(`Run ${plural(todo, "task")}?`);
  host.err(`error: apply would run ${plural(todo, "task")}, and there is no terminal to ask on.\nhint: add --yes.`);
  return false;
}

async function runTasks(experiment: Experiment, args: Arguments, view: ProgressView, host: Host): Promise<Outcome> {
  const lock = acquireLock(experiment.folder);
  const abort = new AbortController();
  const stop = onInterrupt(abort, host);
  try {
    const runId = newRunId(new Date());
    const log = openRunLog(experiment.folder, runId);
    const emit = (event: RunEvent): void => {
      log(event);
      view.on(event);
    };
    if (lock.takenOver !== undefined) emit({ type: "notice", message: lock.takenOver });
    const state = StateStore.open(experiment.folder);
    const { outcome } = await apply({
      experiment,
      plan: planAgainst(experiment, state),
      state,
      runId,
      toolVersion: toolVersion(),
      keepGoing: args.flag("keep-going"),
      emit,
      signal: abort.signal,
    });
    return outcome;
  } finally {
    await view.close();
    stop();
    lock.release();
  }
}

function progressView(json: boolean, host: Host): ProgressView {
  const now = () => performance.now();
  if (json) return jsonProgress(host.out);
  return host.interactive ? listrProgress(host.out, now) : plainProgress(host.out, now);
}

function showDiagnostics(compiled: Compilation, json: boolean, host: Host): void {
  if (!json) printDiagnostics(compiled, host);
  else for (const one of diagnosticsJson(compiled)) host.out(JSON.stringify({ type: "diagnostic", ...one }));
}

function showResults(folder: string, host: Host): void {
  const results = readResults(folder);
  if (results !== undefined) host.out(`\n${formatResults(results)}`);
}

/** Ctrl-C once: stop soon and keep what is finished. Twice: stop now. */
function onInterrupt(abort: AbortController, host: Host): () => void {
  const handler = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    host.err("Stopping; what is finished is kept. Once more stops at once.");
    abort.abort();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return () => {
    process.off("SIGINT", handler);
    process.off("SIGTERM", handler);
  };
}
