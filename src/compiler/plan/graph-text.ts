import type { Experiment } from "../../domain/experiment.ts";
import type { Plan, TaskAction } from "../../domain/state.ts";
import { PHASES } from "../../domain/task.ts";

export const GRAPH_FORMATS = ["mermaid", "dot"] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

const COLOURS: Readonly<Record<TaskAction, string>> = {
  create: "#2da44e",
  rerun: "#bf8700",
  keep: "#8c959f",
};

/** The tasks of a plan as a graph, phase by phase; an edge goes to what needs, a dashed one to what waits. */
export function graphText(experiment: Experiment, plan: Plan, format: GraphFormat): string {
  const actions = new Map(plan.tasks.map(({ id, action }) => [id, action]));
  const tasks = experiment.tasks.filter(({ id }) => actions.has(id));
  const names = new Map(tasks.map(({ id }, index) => [id, `t${index}`]));
  const name = (id: string): string => names.get(id) ?? id;
  const phases = PHASES.flatMap((phase) => {
    const of = tasks.filter((task) => task.phase === phase);
    return of.length === 0 ? [] : [{ phase, of }];
  });
  const edges = (of: "needs" | "after", draw: (from: string, to: string) => string): string[] =>
    tasks.flatMap((task) => task[of].filter((id) => names.has(id)).map((id) => draw(name(id), name(task.id))));
  if (format === "dot") {
    return [
      "digraph plan {",
      "  rankdir=LR; node [shape=box, style=filled, fontcolor=white, fontname=monospace];",
      ...phases.flatMap(({ phase, of }) => [
        `  subgraph cluster_${phase} {`,
        `    label=${phase};`,
        ...of.map(
          ({ id }) => `    ${name(id)} [label=${JSON.stringify(id)}, fillcolor="${COLOURS[actionOf(actions, id)]}"];`,
        ),
        "  }",
      ]),
      ...edges("needs", (from, to) => `  ${from} -> ${to};`),
      ...edges("after", (from, to) => `  ${from} -> ${to} [style=dashed];`),
      "}",
    ].join("\n");
  }
  return [
    "flowchart LR",
    ...Object.entries(COLOURS).map(([action, colour]) => `  classDef ${action} fill:${colour},color:#fff`),
    ...phases.flatMap(({ phase, of }) => [
      `  subgraph ${phase}`,
      ...of.map(({ id }) => `    ${name(id)}["${id}"]:::${actionOf(actions, id)}`),
      "  end",
    ]),
    ...edges("needs", (from, to) => `  ${from} --> ${to}`),
    ...edges("after", (from, to) => `  ${from} -.-> ${to}`),
  ].join("\n");
}

function actionOf(actions: ReadonlyMap<string, TaskAction>, id: string): TaskAction {
  const action = actions.get(id);
  if (action === undefined) throw new Error(`Internal error: ${id} is not planned`);
  return action;
}
