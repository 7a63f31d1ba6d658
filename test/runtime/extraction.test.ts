import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors } from "../../src/domain/safetensors.ts";
import type { Model } from "../../src/domain/engine.ts";
import { openModel } from "../../src/engine/index.ts";
import type { ActivationsMetadata } from "../../src/runtime/tasks/activation-files.ts";
import type { StoredResponse } from "../../src/runtime/tasks/responses-file.ts";
import { weightsDir } from "../engine/models.ts";
import { createProject, createSharedProject, type Project, SPEC } from "../rig/project.ts";

/** Extraction alone, of responses that the instruct model writes, read at these positions. */
function specAt(positions: readonly string[]): string {
  const start = SPEC.indexOf("extraction:");
  return `${SPEC.slice(0, start)}extraction:
  methods: [mean_diff]
  held_out: 0
  matrix:
    trait: [sycophancy]
    include:
      - { source: instruction, position: ${JSON.stringify(positions)} }
`;
}

const FOLDER = "experiments/small/extraction/tiny_instruction/sycophancy/instruct";
const [LAYERS, HIDDEN] = [8, 128];

function responsesOf(project: Project, name: "pos" | "neg"): StoredResponse[] {
  return JSON.parse(project.read(`${FOLDER}/responses/${name}.json`)) as StoredResponse[];
}

function activationsOf(project: Project, position: string) {
  const folder = `${FOLDER}/activations/${position}/residual`;
  const metadata = JSON.parse(project.read(`${folder}/metadata.json`)) as ActivationsMetadata;
  const { data } = decodeSafetensors(project.readBytes(`${folder}/train_all_layers.safetensors`), "activations");
  return { metadata, data };
}

/** A model that ends its answers early: with any of the tokens that its first answers have in the middle. */
function endEarly(project: Project, responses: readonly StoredResponse[]): void {
  const folder = project.path("models/early");
  cpSync(weightsDir("tiny-instruct"), folder, { recursive: true });
  project.edit("config/models/tiny-instruct.yaml", "models/tiny/instruct", "models/early");
  const path = join(folder, "generation_config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  const ends = responses.flatMap(({ response_ids: ids }) => ids[2] ?? []);
  writeFileSync(path, JSON.stringify({ ...config, eos_token_id: [1, 2, ...ends] }));
}

describe("positions", () => {
  // Each with what JavaScript's slice says of it, whose semantics are Python's.
  const positions: Readonly<Record<string, (tokens: readonly number[], prompt: number) => readonly number[]>> = {
    "response[:]": (all, p) => all.slice(p),
    "response[:3]": (all, p) => all.slice(p).slice(0, 3),
    "response[2:5]": (all, p) => all.slice(p).slice(2, 5),
    "response[4:]": (all, p) => all.slice(p).slice(4),
    "response[-3:]": (all, p) => all.slice(p).slice(-3),
    "response[1:-1]": (all, p) => all.slice(p).slice(1, -1),
    "response[0]": (all, p) => all.slice(p, p + 1),
    "response[-1]": (all, p) => all.slice(p).slice(-1),
    "response[5]": (all, p) => all.slice(p).slice(5, 6),
    "prompt[:]": (all, p) => all.slice(0, p),
    "prompt[-1]": (all, p) => all.slice(p - 1, p),
    "prompt[:-4]": (all, p) => all.slice(0, p).slice(0, -4),
    "prompt[2]": (all) => all.slice(2, 3),
    "all[:]": (all) => all,
    "all[3:-2]": (all) => all.slice(3, -2),
    "all[-1]": (all) => all.slice(-1),
  };
  // So hot that tokens come which its tokenizer would not choose for their text.
  const project = createSharedProject(specAt(Object.keys(positions)).replace("temperature: 1.0", "temperature: 2.5"));
  let model: Model;

  beforeAll(async () => {
    await project.here("apply", "--yes", "--target", "responses/*");
    endEarly(project, responsesOf(project, "pos").slice(0, 2));
    // Of the prompt's first tokens, which are those of every prompt, no vector can be made.
    const targets = ["--target", "activations/*", "--target", "vectors/*/response_5/*"];
    const { exitCode, text } = await project.here("apply", "--yes", ...targets);
    assert.equal(exitCode, 0, text);
    model = await openModel({ weightsDir: weightsDir("tiny-instruct"), provider: "cpu", maxBatchTokens: 512 });
  });
  afterAll(() => model.close());

  const folderOf = (position: string): string =>
    position.replace("[:]", "_all").replace("[", "_").replace("]", "").replace(":", "_");

  test("every form is the mean over the slice of the kept token ids: traps 5 and 11", async () => {
    const responses = [...responsesOf(project, "pos"), ...responsesOf(project, "neg")];
    // Trap 5: some texts would come back from the tokenizer as other ids.
    const again = responses.map(({ response }) => model.encode({ format: "raw", text: response.trim() }));
    const isSame = responses.map(
      ({ response_ids: ids }, index) => again[index]?.slice(-ids.length).join() === ids.join(),
    );
    expect(isSame).toContain(false);
    // Trap 11: some ended by themselves and some were cut, and all have a row a token.
    expect(new Set(responses.map(({ finish }) => finish))).toEqual(new Set(["eos", "length"]));
    const captured = await model.capture(
      responses.map(({ prompt_ids, response_ids }) => {
        const ids = [...prompt_ids, ...response_ids];
        return { ids, pools: ids.map((_, token) => [token]) };
      }),
    );
    for (const [position, slice] of Object.entries(positions)) {
      const { data } = activationsOf(project, folderOf(position));
      let row = 0;
      for (const [index, { prompt_ids, response_ids }] of responses.entries()) {
        const tokens = slice(
          Array.from({ length: prompt_ids.length + response_ids.length }, (_, token) => token),
          prompt_ids.length,
        );
        if (tokens.length === 0) continue;
        for (const at of [0, 3 * HIDDEN + 5, LAYERS * HIDDEN - 1]) {
          const values = tokens.map((token) => captured[index]?.means[token * LAYERS * HIDDEN + at] as number);
          const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
          expect(data[row * LAYERS * HIDDEN + at], `${position} of response ${index}`).toBeCloseTo(expected, 4);
        }
        row++;
      }
      expect(data).toHaveLength(row * LAYERS * HIDDEN);
    }
  });

  test("responses that have no token there are counted, said and shown", async () => {
    const lengths = (name: "pos" | "neg") => responsesOf(project, name).map(({ response_ids }) => response_ids.length);
    const short = (name: "pos" | "neg") => lengths(name).filter((length) => length <= 5).length;
    const [positive, negative] = [short("pos"), short("neg")];
    expect(positive + negative).toBeGreaterThan(0);
    expect(activationsOf(project, "response_5").metadata).toMatchObject({
      n_pos: 6 - positive,
      n_neg: 6 - negative,
      n_empty_pos: positive,
      n_empty_neg: negative,
    });
    const again = await project.here("apply", "--yes", "--replace", "activations/*/response_5");
    expect(again.text).toContain(
      `tiny_instruction/sycophancy, instruct: ${positive + negative} of 12 responses have no token at response[5] ` +
        `(${positive} positive, ${negative} negative), and no row there.`,
    );
    const shown = await project.here("show", "vectors");
    const line = shown.stdout.split("\n").find((one) => / response\[5\] /.test(one)) ?? "";
    expect(line.split(/ {2,}/).slice(3, 8)).toEqual([
      "mean_diff",
      `${6 - positive} + ${6 - negative}`,
      "0 + 0",
      "0 + 0",
      `${positive} + ${negative}`,
    ]);
  });
});

test("files that lie where the responses would are no reason to skip them: trap 6", async () => {
  const project = createProject(specAt(["response[:3]"]));
  for (const name of ["pos", "neg"]) project.write(`${FOLDER}/responses/${name}.json`, "[]\n");
  expect(await project.todo()).toContain("create responses/tiny_instruction/sycophancy/instruct");
  await project.here("apply", "--yes", "--target", "responses/*");
  expect(responsesOf(project, "pos")).toHaveLength(6);
});

test("a position that no response of a class reaches is an error that says so", async () => {
  const project = createProject(specAt(["response[7]"]));
  await project.here("apply", "--yes", "--target", "responses/*");
  endEarly(project, [...responsesOf(project, "pos"), ...responsesOf(project, "neg")]);
  const { exitCode, text } = await project.here("apply", "--yes");
  expect(exitCode).toBe(1);
  expect(text).toContain(
    "No positive response of tiny_instruction/sycophancy that is not held out has a token at response[7].",
  );
});
