import { expect, test } from "vitest";
import { readExplanations } from "../../src/cli/commands/explain.ts";
import { compileFiles, okWeights, repositoryFiles, SPEC } from "../compiler/rig.ts";

/** The examples of docs/diagnostics.md are of the demo spec with one trait: its other top-level keys stand around them. */
const demo = (repositoryFiles("specs/demo.yaml")["specs/demo.yaml"] as string).replace(
  "trait: [sycophancy, hallucination]",
  "trait: [sycophancy]",
);
const files = repositoryFiles("config/models", "datasets/traits", "templates/judge");
const weights = Object.fromEntries(
  ["base", "instruct", "judge"].map((name) => [`models/tiny/${name}`, okWeights(name)]),
);

const examples = readExplanations().flatMap(({ code, blocks }) =>
  blocks.flatMap((block) => {
    if (block.kind === "paragraph" || block.language !== "yaml") return [];
    const [, wrong, right] = /^# wrong\n([^]+)\n# right\n([^]+)$/.exec(block.text) ?? [];
    return { code, wrong, right };
  }),
);

/** What builds on the other keys would complain of every change to them. */
const LATER = ["combinations", "weight_analysis", "activation_similarity", "checkpoints"];

function withKeysOf(fragment: string): string {
  const keys = new Set([...fragment.matchAll(/^(\w+):/gm)].map(([, key]) => key).concat(LATER));
  const sections = demo.split(/^(?=\w+:)/m).filter((section) => !keys.has(/^\w+/.exec(section)?.[0]));
  return `${sections.join("")}${fragment}\n`;
}

function problems(fragment: string): { code: string; severity: string }[] {
  const { diagnostics } = compileFiles({ files: { ...files, [SPEC]: withKeysOf(fragment) }, weights });
  return diagnostics.map(({ code, severity }) => ({ code, severity }));
}

test("there are examples", () => {
  expect(examples.length).toBeGreaterThan(30);
});

test.each(examples)("$code: the wrong example has it, and the right one has no error", ({ code, wrong, right }) => {
  expect(problems(wrong as string).map((problem) => problem.code)).toContain(code);
  expect(problems(right as string).filter((problem) => problem.code === code || problem.severity === "error")).toEqual(
    [],
  );
});
