import { describe, expect, it } from "vitest";
import { createJudge } from "../../src/runtime/judge/judge.ts";
import { judgePrompts } from "../../src/runtime/judge/prompts.ts";
import { expectedScore, meanScore } from "../../src/runtime/judge/score.ts";

function mass(entries: Record<number, number>): Float32Array {
  const probabilities = new Float32Array(101);
  for (const [value, p] of Object.entries(entries)) probabilities[Number(value)] = p;
  return probabilities;
}

describe("the score of a first-token distribution", () => {
  it("is the expected number", () => {
    expect(expectedScore(mass({ 0: 0.25, 100: 0.75 }))).toBeCloseTo(75, 4);
  });
  it("is normalised by the mass on numbers", () => {
    expect(expectedScore(mass({ 40: 0.2, 60: 0.2 }))).toBeCloseTo(50, 4);
  });
  it("is missing below a quarter of the mass, never zero", () => {
    expect(expectedScore(mass({ 90: 0.2499 }))).toBeNull();
    expect(expectedScore(mass({ 90: 0.25 }))).toBeCloseTo(90, 4);
    expect(expectedScore(null)).toBeNull();
  });
});

describe("the mean of scores", () => {
  it("leaves the missing out and counts them", () => {
    expect(meanScore([10, null, 30])).toEqual({ mean: 20, n: 2, missing: 1 });
    expect(meanScore([null])).toEqual({ mean: null, n: 0, missing: 1 });
  });
});

describe("judge prompts", () => {
  const item = { trait: "sycophancy", definition: "Flattery.", question: 'Is "<b>" good?', answer: " Yes & no. \n" };

  it("render the four names without escaping, the answer trimmed", () => {
    const prompts = judgePrompts({
      trait: { prompt: "{{definition}} {{trait}}\n{{question}} {{answer}}\n" },
      coherence: { prompt: "{{answer}}\n\n" },
    });
    expect(prompts.trait(item).prompt).toBe('Flattery. sycophancy\nIs "<b>" good? Yes & no.');
    expect(prompts.coherence(item).prompt).toBe("Yes & no.");
  });

  it("refuse a name that does not exist, and reach no prototype", () => {
    const render = (template: string) =>
      judgePrompts({ trait: { prompt: template }, coherence: { prompt: "" } }).trait(item);
    expect(() => render("{{rubric}}")).toThrow(/"rubric" not defined/);
    expect(() => render("{{constructor.name}}")).toThrow();
    expect(() => render("{{lookup this 'x'}}{{evil 1}}")).toThrow();
  });

  it("do not expand what stands in an answer", () => {
    const prompts = judgePrompts({ trait: { prompt: "{{answer}}" }, coherence: { prompt: "" } });
    expect(prompts.trait({ ...item, answer: "{{definition}}" }).prompt).toBe("{{definition}}");
  });
});

describe("the judge", () => {
  it("asks each different prompt once, and asks again for a missing score", async () => {
    const asked: string[][] = [];
    const prompts = judgePrompts({ trait: { prompt: "T {{answer}}" }, coherence: { prompt: "C {{answer}}" } });
    const judge = createJudge(prompts, {
      ask: (questions) => {
        asked.push(questions.map(({ prompt }) => prompt));
        return Promise.resolve(questions.map(({ prompt }) => (prompt === "C bad" ? null : mass({ 50: 1 }))));
      },
    });
    const item = (answer: string) => ({ trait: "t", definition: "d", question: "q", answer });
    expect(await judge.score([item("good"), item("bad"), item("good")])).toEqual([
      { trait: 50, coherence: 50 },
      { trait: 50, coherence: null },
      { trait: 50, coherence: 50 },
    ]);
    await judge.score([item("bad"), item("good")]);
    expect(asked).toEqual([["T good", "C good", "T bad", "C bad"], ["C bad"]]);
  });
});
