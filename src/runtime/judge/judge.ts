import type { JudgePrompts } from "./prompts.ts";
import { expectedScore } from "./score.ts";
import type { Judge, JudgeItem, NumberOracle, Scores } from "./types.ts";

/**
 * A judge over any oracle: two questions an answer, trait and coherence. The same prompt is asked once however often
 * it comes up (steering with a small coefficient repeats answers word for word).
 */
export function createJudge(prompts: JudgePrompts, oracle: NumberOracle): Judge {
  const known = new Map<string, number>();
  return {
    async score(items: readonly JudgeItem[], onProgress): Promise<Scores[]> {
      const asked = items.map((item) => ({ trait: prompts.trait(item), coherence: prompts.coherence(item) }));
      const all = asked.flatMap((pair) => [pair.trait, pair.coherence]);
      const fresh = [...new Set(all)].filter((prompt) => !known.has(prompt));
      const answers = await oracle.ask(fresh, (done) => onProgress?.(all.length - fresh.length + done, all.length));
      for (const [index, prompt] of fresh.entries()) {
        const score = expectedScore(answers[index] ?? null);
        // A missing score is not remembered: the reason may have passed by the next time.
        if (score !== null) known.set(prompt, score);
      }
      return asked.map((pair) => ({
        trait: known.get(pair.trait) ?? null,
        coherence: known.get(pair.coherence) ?? null,
      }));
    },
  };
}
