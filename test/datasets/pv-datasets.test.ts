import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { heldOutAccuracy, lean, mostFrequent, SURFACE } from "./surface.ts";
import { closest, grams, leaks, nearDuplicates, rareWords, tellingWords, words } from "./wording.ts";

const traits = fileURLToPath(new URL("../../datasets/traits", import.meta.url));
const TRAITS = [
  { name: "Sycophancy", instruction: "pv_instruction/sycophancy", natural: "pv_natural/sycophancy" },
  { name: "Evil", instruction: "pv_instruction/evil", natural: "pv_natural/evil_v3" },
  { name: "Hallucination", instruction: "pv_instruction/hallucination", natural: "pv_natural/hallucination_v2" },
];

type Row = { readonly prompt: string; readonly system_prompt: string };

const read = (path: string): string => readFileSync(join(traits, path), "utf8");
const lines = (path: string): string[] => read(path).replace(/\n$/, "").split("\n");
const rows = (path: string): Row[] => lines(path).map((line) => JSON.parse(line) as Row);
const questionsOf = (ref: string): string[] =>
  (JSON.parse(read(`${ref}/steering.json`)) as { questions: string[] }).questions;
const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

describe.each(TRAITS)("$instruction and $natural", ({ name, instruction, natural }) => {
  const [asked, askedNegative] = [rows(`${instruction}/positive.jsonl`), rows(`${instruction}/negative.jsonl`)];
  const [positive, negative] = [lines(`${natural}/positive.txt`), lines(`${natural}/negative.txt`)];
  const prompts = distinct(asked.map(({ prompt }) => prompt));
  const pairs = distinct(asked.map((row, i) => JSON.stringify([row.system_prompt, askedNegative[i]!.system_prompt])));
  const systemPrompts = pairs.map((pair) => JSON.parse(pair) as [string, string]);
  const questions = questionsOf(instruction);

  test("instruction: 100 rows a polarity, each of 5 pairs of system prompts with each of 20 questions", () => {
    expect([asked.length, askedNegative.length, prompts.length, pairs.length]).toEqual([100, 100, 20, 5]);
    expect(new Set(asked.map((row) => JSON.stringify(row))).size).toBe(100);
    for (const row of [...asked, ...askedNegative]) expect(Object.keys(row)).toEqual(["prompt", "system_prompt"]);
  });

  test("instruction: a row is the same question in both polarities", () => {
    expect(askedNegative.map(({ prompt }) => prompt)).toEqual(asked.map(({ prompt }) => prompt));
    expect(systemPrompts.filter(([plus, minus]) => plus === minus)).toEqual([]);
    expect(new Set(systemPrompts.flat()).size).toBe(10);
  });

  test("instruction: no question and no system prompt nearly twice", () => {
    expect(nearDuplicates(prompts)).toEqual([]);
    expect(nearDuplicates(systemPrompts.map(([plus]) => plus))).toEqual([]);
    expect(nearDuplicates(systemPrompts.map(([, minus]) => minus))).toEqual([]);
  });

  test("natural: 150 lines a polarity, none of them nearly twice", () => {
    expect([positive.length, negative.length]).toEqual([150, 150]);
    expect(nearDuplicates(positive)).toEqual([]);
    expect(nearDuplicates(negative)).toEqual([]);
  });

  test("natural: each line stops in the middle of things, with nothing after it", () => {
    expect([...positive, ...negative].filter((line) => /[.!?\s]$|^\s| {2}/.test(line))).toEqual([]);
  });

  test("natural: a line tells the same scene in both polarities, and not the same thing", () => {
    expect(positive.map((line) => closest(line, negative))).toEqual(positive.map((_, i) => i));
    expect(positive.filter((line, i) => line === negative[i])).toEqual([]);
  });

  test("natural: no word tells the polarity by itself", () => {
    expect(tellingWords(positive, negative)).toEqual([]);
  });

  test("natural: nothing that can be counted leans to a polarity", () => {
    const leans = Object.entries(SURFACE).map(
      ([count, measure]) => [count, lean(positive, negative, measure)] as const,
    );
    expect(leans.filter(([, deviations]) => Math.abs(deviations) > 2.5)).toEqual([]);
  });

  test("natural: the words of a line do not give it away", () => {
    expect(heldOutAccuracy(positive, negative, 10)).toBeLessThan(0.6);
  });

  test("natural: both polarities of a scene are of one length and stop at the same words", () => {
    const lengths = positive.map((line, i) => Math.abs(words(line).length - words(negative[i]!).length));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(5);
    const end = (line: string): string => words(line).slice(-3).join(" ");
    expect(positive.filter((line, i) => end(line) === end(negative[i]!)).length).toBeGreaterThanOrEqual(140);
    expect(positive.filter((line, i) => line.at(-1) !== negative[i]!.at(-1))).toEqual([]);
  });

  test.each(["positive", "negative"])("natural, %s: no opening, ending or phrase is a habit", (polarity) => {
    const texts = polarity === "positive" ? positive : negative;
    expect(mostFrequent(texts, (line) => [words(line).slice(0, 2).join(" ")])).toBeLessThanOrEqual(6);
    expect(mostFrequent(texts, (line) => [words(line).slice(-2).join(" ")])).toBeLessThanOrEqual(25);
    expect(mostFrequent(texts, (line) => grams(line, 5))).toBeLessThanOrEqual(5);
  });

  test("instruction: both system prompts of a pair are of one length", () => {
    const lengths = systemPrompts.map(([plus, minus]) => Math.abs(words(plus).length - words(minus).length));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(3);
  });

  test("20 questions to steer, none nearly twice, none in a scenario", () => {
    expect(questions).toHaveLength(20);
    expect(nearDuplicates([...questions, ...prompts])).toEqual([]);
    const scenarios = [...prompts, ...systemPrompts.flat(), ...positive, ...negative];
    expect(leaks(questions, scenarios)).toEqual([]);
    const rare = rareWords([...questions, ...scenarios]);
    const subjects = scenarios.map(rare);
    const shares = (question: string): boolean =>
      subjects.some((subject) => [...rare(question)].filter((word) => subject.has(word)).length > 2);
    expect(questions.filter(shares)).toEqual([]);
  });

  test("both sources ask the same questions and are judged by the same words", () => {
    expect(read(`${natural}/steering.json`)).toBe(read(`${instruction}/steering.json`));
    expect(read(`${natural}/definition.txt`)).toBe(read(`${instruction}/definition.txt`));
  });

  test("the definition names the trait, three anchors and what the trait is not", () => {
    const starts = read(`${instruction}/definition.txt`)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.slice(0, line.indexOf(":")));
    expect(starts).toEqual([name, "LOW (0-30)", "MIDDLE (30-70)", "HIGH (70-100)", "Key distinction"]);
  });

  test("plain ASCII, and no line beyond 100 words", () => {
    const texts = [...prompts, ...systemPrompts.flat(), ...questions, ...positive, ...negative];
    const files = ["positive.jsonl", "negative.jsonl", "definition.txt", "steering.json"].map((file) =>
      read(`${instruction}/${file}`),
    );
    expect([...files, ...positive, ...negative].filter((text) => !/^[\n -~]*$/.test(text))).toEqual([]);
    expect(texts.filter((text) => words(text).length > 100)).toEqual([]);
  });

  test("one file a polarity", () => {
    const twice = [`${instruction}/positive.txt`, `${instruction}/negative.txt`];
    const others = [`${natural}/positive.jsonl`, `${natural}/negative.jsonl`];
    expect([...twice, ...others].filter((path) => existsSync(join(traits, path)))).toEqual([]);
  });
});

test("no scenario and no question belongs to two traits", () => {
  const all = TRAITS.flatMap(({ instruction, natural }) => [
    ...questionsOf(instruction),
    ...distinct(rows(`${instruction}/positive.jsonl`).map(({ prompt }) => prompt)),
    ...lines(`${natural}/positive.txt`),
  ]);
  expect(nearDuplicates(all)).toEqual([]);
});
