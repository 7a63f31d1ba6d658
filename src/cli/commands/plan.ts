import { dirname, join, relative, resolve } from "node:path";
import type { Compilation } from "../../compiler/compile.ts";
import { planDocument, type PlanDocument } from "../../compiler/plan/document.ts";
import { GRAPH_FORMATS, graphText } from "../../compiler/plan/graph-text.ts";
import { isTodo, totalsOf } from "../../compiler/plan/totals.ts";
import { explainTask } from "../../compiler/plan/why.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Plan } from "../../domain/state.ts";
import { formatPlan } from "../../report/plan/view.ts";
import { formatWhy } from "../../report/plan/why.ts";
import { writeDurably } from "../../runtime/files.ts";
import type { Observed } from "../../runtime/observe.ts";
import { toolVersion } from "../../runtime/tool-version.ts";
import { UsageError, type Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { sayNext } from "../next-step.ts";
import {
  compileAndObserve,
  diagnosticsJson,
  planAgainst,
  printDiagnostics,
  requestOf,
  tasksNamed,
} from "../project.ts";
import { PLAN_HELP, PLAN_OPTIONS, type Command } from "./command.ts";

/** Tasks that one --why explains. */
const MAX_EXPLAINED = 20;

export const planCommand: Command = {
  help: `Usage: steerform plan [SPEC] [options]

Shows what apply would do: + create, ~ rerun (and why), = up to date, - no longer in the spec.
Runs nothing, and writes nothing but what --out names.

Options:
  --detail           a line a task, however many
  --why TASKS        why these tasks run, up to the first cause
  ${PLAN_HELP}
  --out FILE         saves the plan; apply FILE does just that, or says what has changed since
  --graph FORMAT     the tasks as a graph: mermaid or dot
  --detailed-exitcode  0 nothing to do, 2 something to do, 1 an error
  --json             one JSON document (schema/plan.schema.json)
  -h, --help         this text`,
  options: {
    ...PLAN_OPTIONS,
    detail: { type: "boolean" },
    why: { type: "string", multiple: true },
    out: { type: "string" },
    graph: { type: "string" },
    "detailed-exitcode": { type: "boolean" },
  },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const graph = graphFormat(args);
    const { compiled, observed } = compileAndObserve(args.positionals[0], host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (!json) printDiagnostics(compiled, host);
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      return EXIT.failure;
    }
    const state = await observed(experiment);
    const plan = planAgainst(experiment, state, requestOf(args));
    const out = args.text("out");
    if (out !== undefined) save(resolve(host.cwd, out), { compiled, experiment, plan, state, args });
    const todo = plan.tasks.some(({ action }) => isTodo(action));
    if (json) {
      const document = documentOf({ compiled, experiment, plan, state, args }, compiled.specFile, false);
      host.out(JSON.stringify({ ...document, diagnostics: diagnosticsJson(compiled) }, null, 2));
    } else if (graph !== undefined) host.out(graphText(experiment, plan, graph));
    else if (args.texts("why").length > 0) explain(args.texts("why"), experiment, plan, state, host);
    else {
      const totals = totalsOf(experiment, plan, state.records);
      host.out(formatPlan(experiment, plan, totals, { style: host.style, detail: args.flag("detail") }));
      if (out !== undefined) host.out(`Saved to ${out}: steerform apply ${out} does just this.`);
      else if (todo && isWhole(args))
        sayNext("apply", "runs it; stop it at any time, it goes on from there.", args, host);
    }
    return todo && args.flag("detailed-exitcode") ? EXIT.changes : EXIT.success;
  },
};

/** What apply does without options. */
function isWhole(args: Arguments): boolean {
  return Object.values(requestOf(args)).every(({ length }) => length === 0);
}

interface Planned {
  readonly compiled: Compilation;
  readonly experiment: Experiment;
  readonly plan: Plan;
  readonly state: Observed;
  readonly args: Arguments;
}

function documentOf({ experiment, plan, state, args }: Planned, spec: string, fingerprints: boolean): PlanDocument {
  const options = { spec, request: requestOf(args), toolVersion: toolVersion(), fingerprints };
  return planDocument(experiment, plan, totalsOf(experiment, plan, state.records), options);
}

/** The spec is named from the plan's own folder, so that both can be moved together. */
function save(path: string, planned: Planned): void {
  const { projectDir, specFile } = planned.compiled;
  const document = documentOf(planned, relative(dirname(path), join(projectDir, specFile)), true);
  writeDurably(path, `${JSON.stringify(document, null, 1)}\n`);
}

function explain(
  patterns: readonly string[],
  experiment: Experiment,
  plan: Plan,
  { records }: Observed,
  host: Host,
): void {
  const ids = [...tasksNamed("--why", patterns, experiment)];
  const found = ids.slice(0, MAX_EXPLAINED).flatMap((id) => explainTask(id, experiment, plan, records) ?? []);
  host.out(found.map((why) => formatWhy(why)).join("\n\n"));
  if (ids.length > MAX_EXPLAINED) host.out(`\nand ${ids.length - MAX_EXPLAINED} more tasks.`);
}

function graphFormat(args: Arguments): (typeof GRAPH_FORMATS)[number] | undefined {
  const text = args.text("graph");
  const format = GRAPH_FORMATS.find((known) => known === text);
  if (text !== undefined && format === undefined) {
    throw new UsageError(`--graph takes ${GRAPH_FORMATS.join(" or ")}; '${text}' is neither.`);
  }
  return format;
}
