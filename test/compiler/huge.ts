import { GOOD } from "./fixture.ts";
import { fullEdited } from "./full-fixture.ts";
import { SECRET } from "./hostile.ts";
import { SPEC } from "./rig.ts";

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join("");
const [NUL, WIDE] = ["\u0000", "\u6F22"];
/** Printable characters without a pattern. */
const GARBAGE = times(499_000, (index) => String.fromCharCode(32 + ((index * 7919 + (index >> 3) * 31) % 95)));

const DATASET = "datasets/traits/set_b/praise";

/** Texts as long as are read, or longer, by the file that they stand in. */
export const HUGE: readonly (readonly [name: string, path: string, text: () => string])[] = [
  ["garbage", SPEC, () => GARBAGE],
  ["a million characters", SPEC, () => GARBAGE + GARBAGE],
  ["line breaks", SPEC, () => "\n".repeat(499_000)],
  ["Windows line breaks", SPEC, () => "\r\n".repeat(249_000)],
  ["spaces", SPEC, () => " ".repeat(499_000)],
  ["tabs", SPEC, () => "\t".repeat(499_000)],
  ["NULs", SPEC, () => NUL.repeat(499_000)],
  ["dashes", SPEC, () => "- ".repeat(249_000)],
  ["brackets", SPEC, () => "[".repeat(499_000)],
  ["brackets, closed", SPEC, () => "[]".repeat(249_000)],
  ["empty lists", SPEC, () => `x: [${"[],".repeat(9_900)}]`],
  ["quotes", SPEC, () => '"'.repeat(499_000)],
  ["words in quotes", SPEC, () => '"a" '.repeat(14_000)],
  ["colons", SPEC, () => "a:".repeat(249_000)],
  ["compact maps", SPEC, () => "a: ".repeat(29_000)],
  ["documents", SPEC, () => "---\na\n".repeat(14_000)],
  ["directives", SPEC, () => "%YAML 1.2\n".repeat(29_000)],
  ["an open quote", SPEC, () => `a: "${"x\n".repeat(29_000)}`],
  ["a long scalar", SPEC, () => `${GOOD}description: ${"x".repeat(490_000)}`],
  ["a long scalar where another value is", SPEC, () => GOOD.replace("version: 1", `version: ${"x".repeat(490_000)}`)],
  ["a long key", SPEC, () => `${GOOD}${"x".repeat(490_000)}: 1`],
  ["a long name", SPEC, () => GOOD.replace("trait: [praise]", `trait: [${WIDE.repeat(490_000)}]`)],
  ["items", SPEC, () => `${GOOD}x:\n${"- a\n".repeat(29_000)}`],
  ["anchors of one node", SPEC, () => `${times(30_000, (index) => `&a${index} `)}x`],
  ["anchors", SPEC, () => times(14_000, (index) => `k${index}: &a${index} x\n`)],
  ["aliases", SPEC, () => `a: &x [1, 2, 3]\n${times(9_000, (index) => `k${index}: *x\n`)}`],
  ["aliases that lead nowhere", SPEC, () => times(9_000, (index) => `k${index}: *x${index}\n`)],
  ["aliases of aliases", SPEC, () => `a0: &a0 [1]\n${times(4000, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`)}`],
  ["tags", SPEC, () => `x:\n${"- !x a\n".repeat(14_000)}`],
  ["the same key", SPEC, () => "a: 1\n".repeat(14_000)],
  ["merge keys", SPEC, () => "<<: {}\n".repeat(7_000)],
  ["unknown keys", SPEC, () => GOOD + times(10_000, (index) => `k${index}: 1\n`)],
  ["keys that are almost known", SPEC, () => GOOD + times(10_000, (index) => `steerin${index}: 1\n`)],
  ["unknown traits", SPEC, () => GOOD.replace("[praise]", `[${times(5000, (index) => `praise${index}, `)}]`)],
  ["repeated traits", SPEC, () => GOOD.replace("[praise]", `[${"praise, ".repeat(29_000)}]`)],
  [
    "wrong positions",
    SPEC,
    () =>
      GOOD.replace(
        '"response[:10]"',
        times(4_000, (i) => `"response[${i}:${i}]", `),
      ),
  ],
  [
    "sources that there are not",
    SPEC,
    () => GOOD.replace("{ asked: set_a/doubt }", `{ ${times(5000, (i) => `s${i}: a/b, `)} }`),
  ],
  [
    "excluded rows",
    SPEC,
    () => GOOD.replace("steering:", `    exclude:\n${"      - { trait: praise }\n".repeat(5000)}steering:`),
  ],
  ["layers", SPEC, () => GOOD.replace("30%-60%", `[${times(29_000, (index) => `${index}, `)}]`)],
  [
    "strategies",
    SPEC,
    () =>
      fullEdited([
        "strategies:",
        `strategies:\n${times(2000, (i) => `    - { name: s${i}, vectors: sum, layer: best }\n`)}`,
      ]),
  ],
  ["secrets", SPEC, () => times(10_000, () => `api_key: ${SECRET}\n`)],
  ["what begins like secrets", SPEC, () => "sk-".repeat(160_000)],
  ["what might be one long secret", SPEC, () => `a: sk-${"a".repeat(490_000)}`],
  ["a model file of garbage", "config/models/tiny-base.yaml", () => GARBAGE],
  ["rows of garbage", `${DATASET}/positive.jsonl`, () => "x\n".repeat(500_000)],
  ["rows", `${DATASET}/positive.jsonl`, () => '{"prompt":"a"}\n'.repeat(100_000)],
  ["a long row", `${DATASET}/positive.jsonl`, () => `{"prompt":"${"x".repeat(1_000_000)}"}\n`],
  ["a deep row", `${DATASET}/positive.jsonl`, () => "[".repeat(1_000_000)],
  [
    "a row of many keys",
    `${DATASET}/positive.jsonl`,
    () => `{${times(50_000, (index) => `"k${index}":0,`)}"prompt":"a"}`,
  ],
  ["blank rows", `${DATASET}/positive.jsonl`, () => "\n".repeat(1_000_000)],
  ["questions", `${DATASET}/steering.json`, () => JSON.stringify({ questions: Array(100_000).fill("Why?") })],
  ["deep questions", `${DATASET}/steering.json`, () => `{"questions":${"[".repeat(500_000)}`],
  ["a definition", `${DATASET}/definition.txt`, () => "x".repeat(1_000_000)],
];
