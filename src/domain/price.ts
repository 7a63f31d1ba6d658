import type { TaskCost } from "./task.ts";

/** US dollars a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** What judging costs: prompts as estimated, and one token a reply. */
export function judgeDollars({ judgeTokens, judgeCalls }: TaskCost, { input, output }: Price): number {
  return (judgeTokens * input + judgeCalls * output) / 1e6;
}

/** Of several tasks. */
export function totalCost(costs: Iterable<TaskCost>): TaskCost {
  const total = { generations: 0, newTokens: 0, judgeCalls: 0, judgeTokens: 0, bytes: 0 };
  const keys = Object.keys(total) as (keyof typeof total)[];
  for (const cost of costs) for (const key of keys) total[key] += cost[key];
  return total;
}
