import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Bound } from "../bind/bound.ts";
import type { Files } from "../files/files.ts";
import { checkCheckpoints } from "./checkpoints.ts";
import { checkContext } from "./context.ts";
import { checkEngine } from "./engine.ts";
import { checkGeneration, inferBudgets, type Budgets } from "./generation.ts";
import { checkQuestions } from "./questions.ts";
import { checkShapes } from "./shapes.ts";
import { checkSteering } from "./steering.ts";
import { checkSystemPrompts } from "./system-prompts.ts";

/** What only shows when everything is known. */
export interface Checked {
  /** Response tokens, by response set. */
  readonly budgets: Budgets;
  /** Steered layers of the application; none when nothing is steered. */
  readonly layers: readonly number[];
  /** Of the finer grid. */
  readonly refineLayers: readonly number[] | "best";
}

export function check(bound: Bound, files: Files, sink: DiagnosticSink): Checked {
  checkGeneration(bound.spec, sink);
  checkSystemPrompts(bound.cells, files, sink);
  checkEngine(bound.spec, sink);
  checkContext(bound, files, sink);
  checkQuestions(bound, files, sink);
  checkShapes(bound, files, sink);
  checkCheckpoints(bound, files, sink);
  return { budgets: inferBudgets(bound.cells, sink), ...checkSteering(bound, files, sink) };
}
