import type { Dataset } from "./experiment.ts";

/** The different system prompts that ask for a trait, in their order; none in a natural dataset. */
export function positiveSystemPrompts({ positive }: Dataset): string[] {
  return [...new Set(positive.flatMap(({ systemPrompt }) => systemPrompt ?? []))];
}
