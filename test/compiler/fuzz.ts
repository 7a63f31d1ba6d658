import fc from "fast-check";
import { Document, parse } from "yaml";
import { FILES, GOOD, projectOf } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { wrongWith } from "./hostile.ts";
import { mangled } from "./mutate-text.ts";
import { withOddities } from "./mutate-value.ts";
import type { MemoryProject } from "./rig.ts";

/** What a property of these looks at: a project that was tampered with. */
type Tampered = fc.Arbitrary<MemoryProject>;

const written = (value: unknown, style: number): string => {
  if (style % 3 === 0) return JSON.stringify(value);
  return new Document(value, { version: "1.2" }).toString({ collectionStyle: style % 3 === 1 ? "block" : "any" });
};

const files = (path: string, text: string): MemoryProject => projectOf(FULL, { files: { [path]: text } });
const jsonLines = (rows: unknown): string =>
  [rows]
    .flat()
    .map((row) => `${JSON.stringify(row)}\n`)
    .join("");

const DATASET = "datasets/traits/set_b/praise";
const MODEL = "config/models/tiny-base.yaml";
const rows = (FILES[`${DATASET}/positive.jsonl`] as string)
  .trim()
  .split("\n")
  .map((row) => JSON.parse(row) as unknown);

/** By what is tampered with. */
export const TAMPERED: Readonly<Record<string, Tampered>> = {
  "a spec's text": mangled(FULL, 4).map((spec) => projectOf(spec)),
  "a small spec's text": mangled(GOOD, 12).map((spec) => projectOf(spec)),
  "a spec's values": fc
    .tuple(withOddities(parse(FULL) as object, 4), fc.nat(2))
    .map(([value, style]) => projectOf(written(value, style))),
  "a model file's text": mangled(FILES[MODEL] as string, 3).map((text) => files(MODEL, text)),
  "a model file's values": fc
    .tuple(withOddities(parse(FILES[MODEL] as string) as object, 3), fc.nat(2))
    .map(([value, style]) => files(MODEL, written(value, style))),
  "a dataset's rows": withOddities(rows, 3).map((value) => files(`${DATASET}/positive.jsonl`, jsonLines(value))),
  "a dataset's text": mangled(FILES[`${DATASET}/negative.jsonl`] as string, 4).map((text) =>
    files(`${DATASET}/negative.jsonl`, text),
  ),
  "a dataset of plain lines": mangled("One prompt \nand another\n", 5).map((text) =>
    projectOf(FULL, { files: { [`${DATASET}/positive.jsonl`]: undefined, [`${DATASET}/positive.txt`]: text } }),
  ),
  "steering questions": withOddities({ questions: ["How?", "Why?"], eval_prompt: "x" }, 3).map((value) =>
    files(`${DATASET}/steering.json`, JSON.stringify(value)),
  ),
  "steering questions' text": mangled(FILES[`${DATASET}/steering.json`] as string, 4).map((text) =>
    files(`${DATASET}/steering.json`, text),
  ),
  "a definition": mangled(FILES[`${DATASET}/definition.txt`] as string, 4).map((text) =>
    files(`${DATASET}/definition.txt`, text),
  ),
};

export function checkTampered(tampered: Tampered, numRuns: number): void {
  fc.assert(
    fc.property(tampered, (project) => {
      const wrong = wrongWith(project);
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
    }),
    { numRuns },
  );
}
