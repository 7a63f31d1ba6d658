import type { JudgePrompts } from "./prompts.ts";
import { expectedScore } from "./score.ts";
import type { Judge, JudgeItem, NumberOracle, Scores } from "./types.ts";

/**
 * A judge over any oracle: two questions an answer, trait and coherence. The same prompt is asked once however often
 * it comes up (steering with a small coefficient repeats answers word for word).
 */
export function createJudge(prompts: JudgePrompts, oracle: NumberOracle): Judge {
  const known = new Map<string, number>();
  /** Prompts that another call is asking just now. */
  const asking = new Map<string, Promise<void>>();

  const ask = async (fresh: readonly string[], onDone: (done: number) => void): Promise<void> => {
    const answers = await oracle.ask(fresh, onDone);
    for (const [index, prompt] of fresh.entries()) {
      const score = expectedScore(answers[index] ?? null);
      // A missing score is not remembered: the reason may have passed by the next time.
      if (score !== null) known.set(prompt, score);
    }
  };

  const askAlone = async (fresh: readonly string[], onDone: (done: number) => void): Promise<void> => {
    const asked = ask(fresh, onDone);
    for (const prompt of fresh) asking.set(prompt, asked);
    try {
      await asked;
    } finally {
      for (const prompt of fresh) asking.delete(prompt);
    }
  };

  return {
    paid: () => oracle.paid?.(),
    async score(items: readonly JudgeItem[], onProgress): Promise<Scores[]> {
      const asked = items.map((item) => ({ trait: prompts.trait(item), coherence: prompts.coherence(item) }));
      const all = asked.flatMap((pair) => [pair.trait, pair.coherence]);
      const unknown = [...new Set(all)].filter((prompt) => !known.has(prompt));
      const fresh = unknown.filter((prompt) => !asking.has(prompt));
      const shared = unknown.filter((prompt) => asking.has(prompt));
      const others = new Set(shared.flatMap((prompt) => asking.get(prompt) ?? []));
      await askAlone(fresh, (done) => onProgress?.(all.length - fresh.length + done, all.length));
      const settled = await Promise.allSettled(others);
      // What went wrong for another caller may not go wrong again; if it does, it is said here too.
      if (settled.some(({ status }) => status === "rejected")) {
        await askAlone(
          shared.filter((prompt) => !known.has(prompt)),
          () => undefined,
        );
      }
      return asked.map((pair) => ({
        trait: known.get(pair.trait) ?? null,
        coherence: known.get(pair.coherence) ?? null,
      }));
    },
  };
}
