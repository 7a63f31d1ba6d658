import fc from "fast-check";
import { Document, parse } from "yaml";
import { FILES, GOOD, projectOf } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { wrongWith } from "./hostile.ts";
import { mangled } from "./mutate-text.ts";
import { withOddities } from "./mutate-value.ts";
import { SPEC } from "./rig.ts";

/** Files that were tampered with, by path; what is undefined is gone. The others are those of the full fixture. */
type Tampered = fc.Arbitrary<Readonly<Record<string, string | undefined>>>;

const DATASET = "datasets/traits/set_b/praise";
const MODEL = "config/models/tiny-base.yaml";

const textOf = (path: string): string => (path === SPEC ? FULL : (FILES[path] as string));
const text = (path: string, most: number, from = textOf(path)): Tampered =>
  mangled(from, most).map((mangledText) => ({ [path]: mangledText }));
const yaml = (path: string, most: number): Tampered =>
  fc.tuple(withOddities(parse(textOf(path)) as object, most), fc.nat(2)).map(([value, style]) => ({
    [path]: yamlOf(value, style),
  }));

function yamlOf(value: unknown, style: number): string {
  if (style === 0) return JSON.stringify(value);
  return new Document(value, { version: "1.2" }).toString({ collectionStyle: style === 1 ? "block" : "any" });
}

const rows = textOf(`${DATASET}/positive.jsonl`)
  .trim()
  .split("\n")
  .map((row) => JSON.parse(row) as unknown);
const jsonLines = (values: unknown): string =>
  [values]
    .flat()
    .map((row) => `${JSON.stringify(row)}\n`)
    .join("");

/** By what is tampered with. */
export const TAMPERED: Readonly<Record<string, Tampered>> = {
  "a spec's text": text(SPEC, 4),
  "a small spec's text": text(SPEC, 12, GOOD),
  "a spec's values": yaml(SPEC, 4),
  "a model file's text": text(MODEL, 3),
  "a model file's values": yaml(MODEL, 3),
  "a dataset's rows": withOddities(rows, 3).map((value) => ({ [`${DATASET}/positive.jsonl`]: jsonLines(value) })),
  "a dataset's text": text(`${DATASET}/negative.jsonl`, 4),
  "a dataset of plain lines": mangled("One prompt \nand another\n", 5).map((lines) => ({
    [`${DATASET}/positive.jsonl`]: undefined,
    [`${DATASET}/positive.txt`]: lines,
  })),
  "steering questions": withOddities({ questions: ["How?", "Why?"], eval_prompt: "x" }, 3).map((value) => ({
    [`${DATASET}/steering.json`]: JSON.stringify(value),
  })),
  "steering questions' text": text(`${DATASET}/steering.json`, 4),
  "a definition": text(`${DATASET}/definition.txt`, 4),
};

export function checkTampered(tampered: Tampered, numRuns: number): void {
  fc.assert(
    fc.property(tampered, (files) => {
      const wrong = wrongWith(projectOf(FULL, { files }));
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    }),
    { numRuns },
  );
}
