import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY: string = fileURLToPath(new URL("../../", import.meta.url));

/** How many of each: every combination is a cell of the matrix. */
export interface Size {
  readonly traits: number;
  readonly sources: number;
  readonly positions: number;
}

export const METHODS = ["mean_diff", "probe"] as const;
export const SPEC = "specs/scale.yaml";
export const EXPERIMENT = "scale";

export function taskCount({ traits, sources, positions }: Size): number {
  const vectors = positions * METHODS.length;
  // Responses and a baseline for each dataset; activations, vectors and steering; the results.
  return traits * sources * (2 + positions + 2 * vectors) + 1;
}

/** A project with a spec of that size, a dataset for each trait and source, and the shipped tiny models by links. */
export function writeProject(folder: string, size: Size): void {
  const models = join(folder, "config", "models");
  mkdirSync(models, { recursive: true });
  for (const name of ["base", "instruct", "judge"]) {
    cpSync(join(REPOSITORY, "config", "models", `tiny-${name}.yaml`), join(models, `tiny-${name}.yaml`));
  }
  for (const shipped of ["models", "templates"]) symlinkSync(join(REPOSITORY, shipped), join(folder, shipped));
  for (const source of names("s", size.sources)) {
    for (const trait of names("t", size.traits)) writeDataset(folder, source, trait);
  }
  mkdirSync(join(folder, "specs"));
  writeFileSync(join(folder, SPEC), spec(size));
}

function writeDataset(folder: string, source: string, trait: string): void {
  const dataset = join(folder, "datasets", "traits", source, trait);
  const rows = (polarity: string): string =>
    [1, 2, 3].map((row) => `${JSON.stringify({ prompt: `${polarity} ${source} ${trait} ${row}` })}\n`).join("");
  mkdirSync(dataset, { recursive: true });
  writeFileSync(join(dataset, "positive.jsonl"), rows("positive"));
  writeFileSync(join(dataset, "negative.jsonl"), rows("negative"));
  writeFileSync(join(dataset, "definition.txt"), `${trait}: 0 none, 100 much.\n`);
  // A trait's questions are the same for all of its sources.
  writeFileSync(join(dataset, "steering.json"), JSON.stringify({ questions: [`How is ${trait}?`, `And ${trait}?`] }));
}

function spec({ traits, sources, positions }: Size): string {
  const [traitNames, sourceNames] = [names("t", traits), names("s", sources)];
  const slices = Array.from({ length: positions }, (_, index) => `"response[:${index + 1}]"`).join(", ");
  return `version: 1
experiment: ${EXPERIMENT}
variants:
  base: { model: tiny-base }
  instruct: { model: tiny-instruct }
  judge: { model: tiny-judge }
application: instruct
judge: { provider: local, variant: judge }
traits:
${traitNames.map((trait) => `  ${trait}: { ${sourceNames.map((source) => `${source}: ${source}/${trait}`).join(", ")} }`).join("\n")}
sources:
${sourceNames.map((source) => `  ${source}: { variant: ${variantOf(source)} }`).join("\n")}
extraction:
  methods: [${METHODS.join(", ")}]
  matrix:
    trait: [${traitNames.join(", ")}]
    include:
${sourceNames.map((source) => `      - { source: ${source}, position: [${slices}] }`).join("\n")}
steering:
  layers: 30%-60%
  max_new_tokens: 16
`;
}

/** Half of the sources answer with either. */
export function variantOf(source: string): string {
  return Number(source.slice(1)) % 2 === 0 ? "base" : "instruct";
}

/** `s00`, `s01`, ... */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(2, "0")}`);
}
