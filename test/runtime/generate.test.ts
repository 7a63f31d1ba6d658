import { expect, test } from "vitest";
import type { GenerateRow, Model, Provider } from "../../src/domain/engine.ts";
import type { TaskContext } from "../../src/runtime/tasks/context.ts";
import { generateInSteps } from "../../src/runtime/tasks/generate.ts";

const rows = Array.from({ length: 700 }, (_, index): GenerateRow => ({
  promptIds: [index],
  maxNewTokens: 1,
  sampling: { temperature: 0 },
  steering: [],
}));

/** Which batches a provider's model is asked for, and what the steps are called. */
async function generated(provider: Provider) {
  const batches: number[] = [];
  const steps: string[] = [];
  const model = {
    provider,
    generate(part: readonly GenerateRow[]) {
      batches.push(part.length);
      return Promise.resolve(part.map(({ promptIds }) => ({ ids: promptIds, finish: "length" })));
    },
  } as Pick<Model, "provider" | "generate"> as Model;
  const context = {
    step(name: string, make: () => Promise<unknown>) {
      steps.push(name);
      return make();
    },
    progress: () => undefined,
  } as unknown as TaskContext;
  const made = await generateInSteps(model, rows, [], "evaluation 1/5, generating", context);
  expect(made.map(({ ids }) => ids[0])).toEqual(rows.map((_, index) => index));
  return { batches, steps };
}

test("on a GPU, all rows of a search's step are one batch", async () => {
  expect((await generated("cuda")).batches).toEqual([512, 188]);
});

test("on a CPU, steps are kept more often; a step's name says which rows it has, so that no other provider takes it", async () => {
  const { batches, steps } = await generated("cpu");
  expect(batches).toEqual([...Array.from({ length: 10 }, () => 64), 60]);
  expect(steps[1]).toBe("evaluation 1/5, generating, rows 64 to 128");
  expect((await generated("cuda")).steps[1]).toBe("evaluation 1/5, generating, rows 512 to 700");
});
