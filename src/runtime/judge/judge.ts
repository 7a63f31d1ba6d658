import type { JudgePrompts } from "./prompts.ts";
import { expectedScore } from "./score.ts";
import type { Judge, JudgeItem, JudgeQuestion, NumberOracle, Scores } from "./types.ts";

/**
 * A judge over any oracle: two questions an answer, trait and coherence. The same question is asked once however often
 * it comes up (steering with a small coefficient repeats answers word for word).
 */
export function createJudge(prompts: JudgePrompts, oracle: NumberOracle): Judge {
  const questions = new Map<string, JudgeQuestion>();
  const known = new Map<JudgeQuestion, number>();
  /** Questions that another call is asking just now. */
  const asking = new Map<JudgeQuestion, Promise<void>>();

  /** One object for questions that are the same. */
  const same = (question: JudgeQuestion): JudgeQuestion => {
    const key = JSON.stringify(question);
    const found = questions.get(key) ?? question;
    questions.set(key, found);
    return found;
  };

  const ask = async (fresh: readonly JudgeQuestion[], onDone: (done: number) => void): Promise<void> => {
    const answers = await oracle.ask(fresh, onDone);
    for (const [index, question] of fresh.entries()) {
      const score = expectedScore(answers[index] ?? null);
      // A missing score is not remembered: the reason may have passed by the next time.
      if (score !== null) known.set(question, score);
    }
  };

  const askAlone = async (fresh: readonly JudgeQuestion[], onDone: (done: number) => void): Promise<void> => {
    const asked = ask(fresh, onDone);
    for (const question of fresh) asking.set(question, asked);
    try {
      await asked;
    } finally {
      for (const question of fresh) asking.delete(question);
    }
  };

  return {
    paid: () => oracle.paid?.(),
    async score(items: readonly JudgeItem[], onProgress): Promise<Scores[]> {
      const asked = items.map((item) => ({
        trait: same(prompts.trait(item)),
        coherence: same(prompts.coherence(item)),
      }));
      const all = asked.flatMap((pair) => [pair.trait, pair.coherence]);
      const unknown = [...new Set(all)].filter((question) => !known.has(question));
      const fresh = unknown.filter((question) => !asking.has(question));
      const shared = unknown.filter((question) => asking.has(question));
      const others = new Set(shared.flatMap((question) => asking.get(question) ?? []));
      await askAlone(fresh, (done) => onProgress?.(all.length - fresh.length + done, all.length));
      const settled = await Promise.allSettled(others);
      // What went wrong for another caller may not go wrong again; if it does, it is said here too.
      if (settled.some(({ status }) => status === "rejected")) {
        await askAlone(
          shared.filter((question) => !known.has(question)),
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
