import { afterAll, beforeAll, expect, test } from "vitest";
import type { Model } from "../../src/domain/engine.ts";
import type { JudgeTemplate, JudgeTemplates } from "../../src/domain/experiment.ts";
import { openModel } from "../../src/engine/index.ts";
import { createJudge } from "../../src/runtime/judge/judge.ts";
import { localOracle } from "../../src/runtime/judge/local.ts";
import { judgePrompts } from "../../src/runtime/judge/prompts.ts";
import { weightsDir } from "../engine/models.ts";

let model: Model;

beforeAll(async () => {
  model = await openModel({ weightsDir: weightsDir("tiny-judge"), provider: "cpu", maxBatchTokens: 2048 });
});
afterAll(() => model.close());

const template = (name: string, prompt: string, words?: readonly [string, string]): JudgeTemplate => {
  const choice = words === undefined ? {} : { words: { low: words[0], high: words[1] } };
  return { file: `templates/judge/${name}.hbs`, text: "as the file is", prompt, ...choice };
};
const item = { trait: "sadness", definition: "Sad.", question: "How are you?", answer: "I am well." };

/** Of texts that the judge goes on with. */
const next = (text: string, words: readonly string[]): Promise<Float32Array[]> =>
  model.nextTokenProbabilities(
    [model.encode({ format: "raw", text })],
    words.map((word) => model.tokenIds(word)[0] as number),
  );

test("a template that ends in words is read as it is, and a number is asked for in the judge's own format", async () => {
  const templates: JudgeTemplates = {
    trait: template("trait", "{{question}} {{answer}}", [" I", " The"]),
    coherence: template("coherence", "Answer: {{answer}}\nReply with one whole number from 0 to 100."),
  };
  const numbers = { ...templates, trait: template("trait", "Reply with one whole number from 0 to 100: {{answer}}") };
  const oracle = localOracle(model, "chat", [templates, numbers]);
  const [chosen, counted] = [judgePrompts(templates), judgePrompts(numbers)];
  const done: number[] = [];
  const questions = [counted.trait(item), chosen.trait(item), chosen.coherence(item)];
  const [first, second, third] = await oracle.ask(questions, (count) => done.push(count));
  const [[low, high] = []] = await next("How are you? I am well.", [" I", " The"]);
  expect([second?.[0], second?.[100]]).toEqual([low, high]);
  expect(second?.filter((p) => p > 0)).toHaveLength(2);
  expect(done.at(-1)).toBe(3);
  // The questions beside it in a batch change nothing.
  expect(await oracle.ask([counted.trait(item)])).toEqual([first]);
  expect(await oracle.ask([chosen.coherence(item)])).toEqual([third]);
  expect(first?.filter((p) => p > 0).length).toBeGreaterThan(2);
});

test("the score is the high word's share of both; where both are unlikely there is none", async () => {
  const ids = Array.from({ length: model.vocabSize }, (_, id) => id);
  const [all = new Float32Array()] = await model.nextTokenProbabilities(
    [model.encode({ format: "raw", text: "I am well." })],
    ids,
  );
  const words = ids.filter((id) => model.tokenIds(model.decode([id])).join() === String(id));
  const ranked = words.toSorted((a, b) => all[b]! - all[a]!);
  const [first = 0, second = 0, last = 0] = [ranked[0], ranked[1], ranked.at(-1)];
  const mass = all[first]! + all[second]!;
  expect(mass).toBeGreaterThan(0.25);
  const templates: JudgeTemplates = {
    trait: template("trait", "{{answer}}", [model.decode([second]), model.decode([first])]),
    coherence: template("coherence", "{{answer}}", [model.decode([last]), model.decode([ranked.at(-2) ?? 0])]),
  };
  const [scores] = await createJudge(judgePrompts(templates), localOracle(model, "chat", [templates])).score([item]);
  expect(scores?.trait).toBeCloseTo((100 * all[first]!) / mass, 4);
  expect(scores?.coherence).toBeNull();
});

test("words that the tokenizer begins alike are refused before anything is asked", () => {
  const templates: JudgeTemplates = {
    trait: template("trait.sadness", "{{answer}}", [" zq", " zx"]),
    coherence: template("coherence", "{{answer}}"),
  };
  expect(() => localOracle(model, "chat", [templates])).toThrow(
    'templates/judge/trait.sadness.hbs ends in words that begin with the same token of the judge\'s: "zq" and "zx".',
  );
});
