import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parsePlanDocument, type PlanDocument } from "../../compiler/plan/document.ts";
import { isTodo, totalsOf } from "../../compiler/plan/totals.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Plan } from "../../domain/state.ts";
import { formatPlan } from "../../report/plan/view.ts";
import { jsonProgress } from "../../report/progress/json.ts";
import { plainProgress } from "../../report/progress/plain.ts";
import type { ProgressView } from "../../report/progress/types.ts";
import { formatResults } from "../../report/results-view.ts";
import { weightsJobWords } from "../../report/progress/words.ts";
import { plural } from "../../report/units.ts";
import type { Outcome } from "../../runtime/events.ts";
import { Interrupted } from "../../runtime/failures.ts";
import { readResults } from "../../runtime/results-file.ts";
import { schemaCheck } from "../../runtime/schemas.ts";
import { UsageError, type Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { compileAndObserve, planAgainst, requestOf, showDiagnostics } from "../project.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { sayOpen } from "../next-step.ts";
import { isStale } from "../stale.ts";
import { PLAN_HELP, PLAN_OPTIONS, type Command } from "./command.ts";

/** More would not keep the model busier: it writes for one while the others are judged. */
const PARALLELISM = 3;

/** Vector sets in the table of results: about two screens. */
const MOST_RESULTS = 80;

export const applyCommand: Command = {
  help: `Usage: steerform apply [SPEC | PLANFILE] [options]

Executes, in order, every task of the plan that is missing or stale, and shows the results.
Interrupt it at any time: what is finished is kept, and the next apply goes on from there.
A plan saved by plan --out is executed as it is, or refused when something has changed since.
Weights of the Hugging Face hub that are not here are downloaded first, and GGUF files converted.

Options:
  -y, --yes          do not ask before starting
  --keep-going       when a task fails, go on with those that do not need it
  --parallelism N    tasks at once where they wait for a judge's server: ${PARALLELISM} unless given
  ${PLAN_HELP}
  --json             one event a line on standard output
  -h, --help         this text

Exit codes: 0 everything is up to date, 1 a problem in the spec or a failed task, 3 interrupted.`,
  options: {
    ...PLAN_OPTIONS,
    yes: { type: "boolean", short: "y" },
    "keep-going": { type: "boolean" },
    parallelism: { type: "string" },
  },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const interrupt = listenForInterrupts(host);
    try {
      return await planAndRun(args, host, interrupt.signal);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      host.err("Interrupted (apply again to go on): what has been downloaded is kept.");
      return EXIT.interrupted;
    } finally {
      interrupt.close();
    }
  },
};

async function planAndRun(args: Arguments, host: Host, signal: AbortSignal): Promise<ExitCode> {
  const json = args.flag("json");
  const parallelism = parallelismOf(args);
  const named = args.positionals[0];
  const saved = named?.endsWith(".json") === true ? readPlan(resolve(host.cwd, named)) : undefined;
  const request = saved?.options ?? requestOf(args);
  if (saved !== undefined && Object.values(requestOf(args)).some(({ length }) => length > 0)) {
    throw new UsageError("A saved plan says itself what it is of: --set, --target and --replace go with plan --out.");
  }
  const spec = saved === undefined ? named : resolve(dirname(resolve(host.cwd, named ?? "")), saved.spec);
  const { compiled, observed } = compileAndObserve(spec, host, { weights: "obtainable", set: request.set });
  const view = await progressView(json, host);
  showDiagnostics(compiled, json, host);
  const { experiment } = compiled;
  if (experiment === undefined) return EXIT.failure;

  const state = await observed(experiment);
  const plan = planAgainst(experiment, state, request);
  if (saved !== undefined && isStale(saved, plan, host)) return EXIT.failure;
  if (!json) {
    const totals = totalsOf(experiment, plan, state.records);
    host.out(`${formatPlan(experiment, plan, totals, { style: host.style, detail: false })}\n`);
  }
  const todo = plan.tasks.filter(({ action }) => isTodo(action)).length;
  const obtain = todo > 0 ? await import("../obtain.ts") : undefined;
  const jobs = (await obtain?.weightsToObtain(experiment, signal)) ?? [];
  if (!json) for (const job of jobs) host.out(`${weightsJobWords(job)}\n`);
  const asks = todo > 0 && saved === undefined && !args.flag("yes");
  if (asks && !(await mayRun(todo, json, host))) return signal.aborted ? EXIT.interrupted : EXIT.failure;

  const planned = { experiment, saved };
  const options = { jobs, spec, request, json, view, host, signal };
  const ready = obtain === undefined || jobs.length === 0 ? planned : await obtain.obtainAndPlan(planned, options);
  if (ready === undefined) return EXIT.failure;
  const keepGoing = args.flag("keep-going");
  const run = { ...ready, request, keepGoing, parallelism, view, host, signal };
  const outcome = todo === 0 ? nothingToDo(plan, json, view) : await (await import("../run.ts")).runPlan(run);
  // Those on disk may be of another spec until every task is done.
  if (!json && outcome === "done") {
    showResults(experiment, host);
    const page = join(experiment.folder, "reports", "report.html");
    if (existsSync(page)) sayOpen(relative(host.cwd, page), args, host);
  }
  return { done: EXIT.success, failed: EXIT.failure, stale: EXIT.failure, interrupted: EXIT.interrupted }[outcome];
}

/** Throws UsageError. */
function parallelismOf(args: Arguments): number {
  const text = args.text("parallelism") ?? String(PARALLELISM);
  if (!/^[1-9]\d{0,2}$/.test(text))
    throw new UsageError(`--parallelism takes a whole number from 1; '${text}' is none.`);
  return Number(text);
}

/** People have seen the plan; a stream of events has its end. */
function nothingToDo(plan: Plan, json: boolean, view: ProgressView): Outcome {
  const kept = plan.tasks.filter(({ action }) => action === "keep").length;
  const counts = { done: 0, failed: 0, blocked: 0, left: 0, kept };
  if (json) view.on({ type: "run-finished", outcome: "done", counts, durationMs: 0 });
  return "done";
}

/** Throws UsageError for a file that is no saved plan. */
function readPlan(path: string): PlanDocument {
  if (!existsSync(path)) throw new UsageError(`There is no plan ${path}.`);
  const plan = parsePlanDocument(readFileSync(path, "utf8"), schemaCheck("plan"));
  if (plan === undefined) throw new UsageError(`${path} is not a plan that this steerform has saved (plan --out).`);
  return plan;
}

/** Asks, where there is somebody to ask. */
async function mayRun(todo: number, json: boolean, host: Host): Promise<boolean> {
  if (host.interactive && !json) return host.confirm(`Run ${plural(todo, "task")}?`);
  host.err(`error: apply would run ${plural(todo, "task")}, and there is no terminal to ask on.\nhint: add --yes.`);
  return false;
}

/** What only a run needs is loaded when there is one: a tenth of a second that every other command saves. */
async function progressView(json: boolean, host: Host): Promise<ProgressView> {
  const now = () => performance.now();
  if (json) return jsonProgress(host.out);
  if (!host.interactive) return plainProgress(host.out, now);
  const { listrProgress } = await import("../../report/progress/listr.ts");
  return listrProgress(host.out, now);
}

function showResults({ tasks, folder }: Experiment, host: Host): void {
  const results = tasks.some(({ kind }) => kind === "results") ? readResults(folder) : undefined;
  if (results !== undefined) host.out(`\n${formatResults(results, MOST_RESULTS)}`);
}
