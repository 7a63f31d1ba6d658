import type { Progress } from "../../domain/engine.ts";
import type { TaskContext } from "./context.ts";

/** Passes on what a model reports: rows, and tokens a second since this call. */
export function rowProgress(doing: string, context: TaskContext): (progress: Progress) => void {
  const start = performance.now();
  return ({ rowsDone, rows, tokens }) => {
    const seconds = Math.max((performance.now() - start) / 1000, 1e-3);
    context.progress({ done: rowsDone, total: rows, unit: "rows", doing, tokensPerSecond: tokens / seconds });
  };
}
