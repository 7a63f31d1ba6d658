/**
 * How well a small model judges when it chooses between two words, on texts whose scores are known.
 *
 *     npm run build && node --import tsx bench/judge/compare.ts WEIGHTS
 *
 * WEIGHTS is a folder in Hugging Face layout. texts.json has two sets, written after each other; no template was chosen by
 * the second.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openModel } from "../../src/engine/index.ts";

type Texts = Readonly<Record<"sad" | "glad" | "plain" | "broken", readonly string[]>>;
interface Template {
  readonly name: string;
  readonly prompt: string;
  readonly words: readonly [low: string, high: string];
  /** The texts that are to score high, and those that are to score low. */
  readonly high: readonly (keyof Texts)[];
  readonly low: readonly (keyof Texts)[];
}

const MOOD = { high: ["sad"], low: ["glad", "plain"] } as const;
const COHERENCE = { high: ["sad", "glad", "plain"], low: ["broken"] } as const;
const TEMPLATES: readonly Template[] = [
  { name: "mood, bare", prompt: "{{answer}}\n\nThe mood of this text is", words: [" happy", " sad"], ...MOOD },
  { name: "mood, examples", ...fixture("trait", "[happy | sad]"), words: [" happy", " sad"], ...MOOD },
  {
    name: "coherence, bare",
    prompt: '"{{answer}}"\n\nThis is an example of writing that is',
    words: [" wrong", " good"],
    ...COHERENCE,
  },
  {
    name: "coherence, examples",
    ...fixture("coherence", "[nonsense | sense]"),
    words: [" nonsense", " sense"],
    ...COHERENCE,
  },
];

const here = (path: string): string => join(import.meta.dirname, path);
const [weightsDir = ""] = process.argv.slice(2);
const model = await openModel({ weightsDir, provider: "cpu", maxBatchTokens: 2048 });
console.log("| template | texts | AUC | mean, high | mean, low | least mass | median mass |");
console.log("| --- | --: | --: | --: | --: | --: | --: |");
for (const texts of JSON.parse(readFileSync(here("texts.json"), "utf8")) as readonly Texts[]) {
  for (const template of TEMPLATES) {
    const high = await judge(
      template,
      template.high.flatMap((kind) => texts[kind]),
    );
    const low = await judge(
      template,
      template.low.flatMap((kind) => texts[kind]),
    );
    const masses = [...high, ...low].map(({ mass }) => mass).toSorted((a, b) => a - b);
    const pairs = high.flatMap((one) => low.map((other) => (one.score > other.score ? 1 : 0)));
    const [least = 0, median = 0] = [masses[0], masses[masses.length >> 1]];
    console.log(
      `| ${template.name} | ${masses.length} | ${mean(pairs).toFixed(3)} | ${scores(high)} | ${scores(low)} | ${least.toFixed(4)} | ${median.toFixed(4)} |`,
    );
  }
}
await model.close();

interface Judged {
  readonly score: number;
  readonly mass: number;
}

async function judge({ prompt, words }: Template, texts: readonly string[]): Promise<Judged[]> {
  const prompts = texts.map((text) => model.encode({ format: "raw", text: prompt.replace("{{answer}}", () => text) }));
  const next = await model.nextTokenProbabilities(
    prompts,
    words.map((word) => model.tokenIds(word)[0] as number),
  );
  return next.map(([low = 0, high = 0]) => ({ score: (100 * high) / (low + high), mass: low + high }));
}

/** The template of the test that has SmolLM2 judge itself. */
function fixture(name: string, words: string): { readonly prompt: string } {
  const text = readFileSync(
    join(import.meta.dirname, `../../test/fixtures/sadness/templates/judge/${name}.hbs`),
    "utf8",
  ).trimEnd();
  if (!text.endsWith(` ${words}`)) throw new Error(`${name}.hbs does not end in ${words}`);
  return { prompt: text.slice(0, -words.length - 1) };
}

function scores(judged: readonly Judged[]): string {
  return mean(judged.map(({ score }) => score)).toFixed(0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
