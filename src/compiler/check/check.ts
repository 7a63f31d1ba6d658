import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Bound } from "../bind/bound.ts";
import type { Files } from "../files/files.ts";
import { checkGeneration, inferBudgets, type Budgets } from "./generation.ts";
import { checkSteering } from "./steering.ts";
import { checkSystemPrompts } from "./system-prompts.ts";

/** What only shows when everything is known. */
export interface Checked {
  /** Response tokens, by response set. */
  readonly budgets: Budgets;
  /** Steered layers of the application; none when nothing is steered. */
  readonly layers: readonly number[];
}

export function check(bound: Bound, files: Files, sink: DiagnosticSink): Checked {
  checkGeneration(bound.spec, sink);
  checkSystemPrompts(bound.cells, files, sink);
  return { budgets: inferBudgets(bound.cells, sink), layers: checkSteering(bound, files, sink) };
}
