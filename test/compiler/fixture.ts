import { expect } from "vitest";
import type { CompileOptions } from "../../src/compiler/compile.ts";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import { compileFiles, okWeights, SPEC, type MemoryProject, type MemoryWeights } from "./rig.ts";

/** A small spec that uses everything, and is right. */
export const GOOD = `version: 1
experiment: small

variants:
  base: { model: tiny-base }
  instruct: { model: tiny-instruct }
  judge: { model: tiny-judge }
application: instruct

engine: { provider: cpu, max_batch_tokens: 1024 }
judge: { provider: local, variant: judge }

traits:
  praise: { asked: set_a/praise, told: set_b/praise }
  doubt: { asked: set_a/doubt }

sources:
  asked:
    variant: instruct
    generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }
  told:
    variant: base

extraction:
  component: residual
  methods: [mean_diff, probe]
  matrix:
    trait: [praise]
    include:
      - { source: asked, position: "response[:]" }
      - { source: told, position: ["response[:5]", "response[:10]"] }

steering:
  vectors: all
  layers: 30%-60%
  max_new_tokens: 16
  search: { evaluations: 3 }
  null_directions: 2
`;

const model = (name: string, prompt: string): string =>
  `weights: models/${name}\nprompt: ${prompt}\nlayers: 8\nhidden_size: 128\n`;

const rows = (...prompts: string[]): string => prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join("");

const dataset = (folder: string): Record<string, string> => ({
  [`${folder}/positive.jsonl`]: rows("Is this good?", "Is that good?"),
  [`${folder}/negative.jsonl`]: rows("Is this good?", "Is that good?"),
  [`${folder}/definition.txt`]: "Praise: 0 none, 100 much.\n",
  [`${folder}/steering.json`]: '{ "questions": ["How is my poem?", "And my song?"] }\n',
});

export const FILES: Readonly<Record<string, string>> = {
  "config/models/tiny-base.yaml": model("base", "raw"),
  "config/models/tiny-instruct.yaml": model("instruct", "chat"),
  "config/models/tiny-judge.yaml": model("judge", "chat"),
  "templates/judge/trait.hbs": "{{definition}} {{question}} {{answer}}",
  "templates/judge/coherence.hbs": "{{question}} {{answer}}",
  ...dataset("datasets/traits/set_a/praise"),
  ...dataset("datasets/traits/set_a/doubt"),
  ...dataset("datasets/traits/set_b/praise"),
};

export const WEIGHTS: Readonly<Record<string, MemoryWeights>> = {
  "models/base": okWeights("digest of base"),
  "models/instruct": okWeights("digest of instruct"),
  "models/judge": okWeights("digest of judge"),
};

export interface Edit extends Partial<Omit<MemoryProject, "files">> {
  /** Files to add, to replace or, with undefined, to remove. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly options?: CompileOptions;
}

/** The good spec with a text in it replaced by another, which must be there. */
export function edited(...edits: readonly (readonly [string, string])[]): string {
  return edits.reduce((spec, [from, to]) => {
    expect(spec).toContain(from);
    return spec.replace(from, () => to);
  }, GOOD);
}

export function projectOf(spec: string, { files = {}, weights = {}, unreadable = {} }: Edit = {}): MemoryProject {
  const all = Object.entries({ ...FILES, [SPEC]: spec, ...files });
  const present = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { files: Object.fromEntries(present), weights: { ...WEIGHTS, ...weights }, unreadable };
}

/** Everything that is reported of a spec, rendered; empty when it is right. */
export function reported(spec: string, edit: Edit = {}): string {
  const { diagnostics, sources, experiment } = compileFiles(projectOf(spec, edit), edit.options);
  expect(experiment === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, { sources })).join("\n\n");
}
