import { expect, test } from "vitest";
import type { Task } from "../../src/domain/task.ts";
import { FILES, GOOD, projectOf } from "./fixture.ts";
import { compileFiles, okWeights } from "./rig.ts";

const asking = (...systemPrompts: readonly string[]): string =>
  systemPrompts.map((system_prompt) => `${JSON.stringify({ prompt: "Is it?", system_prompt })}\n`).join("");

const PROMPTED = {
  "datasets/traits/set_a/praise/positive.jsonl": asking("Praise.", "Admire.", "Praise."),
  "datasets/traits/set_a/praise/negative.jsonl": asking("Blame.", "Scold.", "Blame."),
};

function tasksOf(spec: string = GOOD, more: Parameters<typeof projectOf>[1] = { files: PROMPTED }): readonly Task[] {
  const { experiment, diagnostics } = compileFiles(projectOf(spec, more));
  expect(diagnostics).toEqual([]);
  return experiment?.tasks ?? [];
}

const prompted = (tasks: readonly Task[]) => tasks.filter((task) => task.kind === "prompted");

test("every steered dataset of a trait is asked after the trait's different positive system prompts", () => {
  const tasks = tasksOf();
  expect(prompted(tasks)).toMatchObject([
    {
      id: "prompted/set_a/praise/instruct",
      params: { dataset: "set_a/praise", promptsOf: "set_a/praise", application: "instruct" },
      outputs: ["steering/set_a/praise/instruct/prompted.json"],
      // 2 prompts, 2 questions, each judged twice.
      cost: { generations: 4, judgeCalls: 8 },
    },
    // Its own dataset has none: vectors from elsewhere are held to the same prompts.
    { id: "prompted/set_b/praise/instruct", params: { dataset: "set_b/praise", promptsOf: "set_a/praise" } },
  ]);
  expect(tasks.find(({ kind }) => kind === "results")?.needs).toEqual(
    expect.arrayContaining(prompted(tasks).map(({ id }) => id)),
  );
});

test("a prompt's text is identity, the negative ones are not", () => {
  const input = (files: Record<string, string>) => prompted(tasksOf(GOOD, { files }))[0]?.inputs["system_prompts"];
  const [file, other] = Object.keys(PROMPTED) as [string, string];
  expect(input({ ...PROMPTED, [file]: asking("Praise.", "Adore.") })).not.toBe(input(PROMPTED));
  expect(input({ ...PROMPTED, [file]: asking("Praise.", "Praise.", "Admire.") })).toBe(input(PROMPTED));
  expect(input({ ...PROMPTED, [other]: asking("Blame.") })).toBe(input(PROMPTED));
});

test("there is none without system prompts, or without a place for one in the application", () => {
  expect(prompted(tasksOf(GOOD, {}))).toEqual([]);
  const natural = GOOD.replace('      - { source: asked, position: "response[:]" }\n', "");
  expect(prompted(tasksOf(natural, { files: PROMPTED }))).toEqual([]);
  const raw = { ...PROMPTED, "config/models/tiny-instruct.yaml": FILES["config/models/tiny-base.yaml"] as string };
  const spec = GOOD.replace("asked:\n    variant: instruct", "asked:\n    variant: judge");
  expect(prompted(tasksOf(spec, { files: raw }))).toEqual([]);
  const refusing = { ...okWeights("digest of instruct"), takesSystemPrompts: false };
  expect(prompted(tasksOf(spec, { files: PROMPTED, weights: { "models/instruct": refusing } }))).toEqual([]);
});
