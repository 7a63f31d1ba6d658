import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Model } from "../../src/domain/engine.ts";
import type { JudgeTemplate } from "../../src/domain/experiment.ts";
import { openModel } from "../../src/engine/index.ts";
import { createJudge } from "../../src/runtime/judge/judge.ts";
import { localOracle } from "../../src/runtime/judge/local.ts";
import { judgePrompts } from "../../src/runtime/judge/prompts.ts";
import type { JudgeItem, Scores } from "../../src/runtime/judge/types.ts";

/** Answers about topics that the judge was not trained on, with their true scores; models/tiny/train/evaluate.py wrote them. */
interface Heldout {
  readonly trait: string;
  readonly question: string;
  readonly answer: string;
  readonly truth_trait: number;
  readonly truth_coherence: number;
  /** Of some: the prompt as the judge was trained on it, and its score in PyTorch. */
  readonly judge?: readonly {
    readonly kind: "trait" | "coherence";
    readonly judge_prompt: string;
    readonly judge_score: number;
  }[];
}

const ROOT = new URL("../../", import.meta.url).pathname;
const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const heldout = textOf("models/tiny/train/heldout.jsonl")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Heldout);
const template = (file: string): JudgeTemplate => ({ file, text: textOf(file), prompt: textOf(file) });
const templates = {
  trait: template("templates/judge/trait.hbs"),
  coherence: template("templates/judge/coherence.hbs"),
};
const prompts = judgePrompts(templates);
const items = heldout.map(({ trait, question, answer }): JudgeItem => {
  const definition = textOf(`datasets/traits/tiny_instruction/${trait}/definition.txt`).trim();
  return { trait, definition, question, answer };
});

let model: Model;
let scores: Scores[];

beforeAll(async () => {
  model = await openModel({ weightsDir: join(ROOT, "models/tiny/judge"), provider: "cpu", maxBatchTokens: 16_384 });
  scores = await createJudge(prompts, localOracle(model, "chat", [templates])).score(items);
});
afterAll(() => model.close());

test("the prompts are those that the judge learned, and the scores are PyTorch's", () => {
  const checked = heldout.flatMap(({ judge = [] }, index) => judge.map((one) => ({ ...one, index })));
  expect(checked.length).toBeGreaterThan(10);
  for (const { kind, judge_prompt: prompt, judge_score: score, index } of checked) {
    expect(prompts[kind](items[index] as JudgeItem).prompt).toBe(prompt);
    expect(scores[index]?.[kind]).toBeCloseTo(score, 2);
  }
});

test.each(["trait", "coherence"] as const)("on topics that it never saw, the judge ranks by the true %s", (kind) => {
  const judged = scores.map((score) => score[kind]);
  expect(judged).not.toContain(null);
  const truth = heldout.map((one) => one[`truth_${kind}`]);
  expect(spearman(judged as number[], truth)).toBeGreaterThan(0.9);
});

test.each(["sycophancy", "hallucination"])(
  "asked for %s or against it, the instruct model does as it is told",
  async (trait) => {
    const instruct = await openModel({
      weightsDir: join(ROOT, "models/tiny/instruct"),
      provider: "cpu",
      maxBatchTokens: 8192,
    });
    const folder = `datasets/traits/tiny_instruction/${trait}`;
    const { questions } = JSON.parse(textOf(`${folder}/steering.json`)) as { questions: string[] };
    const definition = textOf(`${folder}/definition.txt`).trim();
    const judge = createJudge(prompts, localOracle(model, "chat", [templates]));
    const means = async (system: string | undefined): Promise<Record<keyof Scores, number>> => {
      const rows = questions.map((question) => ({
        promptIds: instruct.encode({
          format: "chat",
          messages: [
            ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
            { role: "user", content: question },
          ],
        }),
        maxNewTokens: 48,
        sampling: { temperature: 0 } as const,
        steering: [],
      }));
      const said = await instruct.generate(rows, []);
      const judged = await judge.score(
        said.map(({ ids }, index) => ({
          trait,
          definition,
          question: questions[index] as string,
          answer: instruct.decode(ids),
        })),
      );
      const mean = (of: keyof Scores) => judged.reduce((sum, score) => sum + (score[of] as number), 0) / judged.length;
      return { trait: mean("trait"), coherence: mean("coherence") };
    };
    const system = (polarity: string) =>
      (JSON.parse(textOf(`${folder}/${polarity}.jsonl`).split("\n")[0] as string) as { system_prompt: string })
        .system_prompt;
    try {
      const [positive, negative, none] = [
        await means(system("positive")),
        await means(system("negative")),
        await means(undefined),
      ];
      expect(positive.trait - negative.trait).toBeGreaterThanOrEqual(50);
      expect(none.coherence).toBeGreaterThanOrEqual(85);
    } finally {
      await instruct.close();
    }
  },
);

/** Pearson's correlation of ranks; equal values share their mean rank. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const dot = (u: readonly number[], mu: number, v: readonly number[], mv: number) =>
    u.reduce((sum, value, index) => sum + (value - mu) * ((v[index] as number) - mv), 0);
  return dot(x, mx, y, my) / Math.sqrt(dot(x, mx, x, mx) * dot(y, my, y, my));
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}
