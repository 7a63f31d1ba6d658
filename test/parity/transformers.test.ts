import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModel } from "../../src/engine/index.ts";
import { capture } from "../../src/engine/session/capture.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { generatePadded as generate } from "../../src/engine/session/padded-generate.ts";
import { KvCache } from "../../src/engine/session/kv-cache.ts";
import { scorePadded as score } from "../../src/engine/session/padded-score.ts";
import { FIXTURES, readGolden, relativeError, TINY, weightsDir } from "../engine/models.ts";

const silent = (): void => {};

describe.each([...FIXTURES, ...TINY])("%s against transformers in fp32", (name) => {
  const golden = readGolden(name);
  const rows = golden.prompts;
  let decoder: PaddedDecoder;
  beforeAll(async () => {
    decoder = await PaddedDecoder.open(weightsDir(name));
  });
  afterAll(() => decoder.close());

  it("encodes the prompts to the same ids and decodes the answers to the same text", async () => {
    const model = await openModel({ weightsDir: weightsDir(name), provider: "cpu", maxBatchTokens: 4096 });
    expect(rows.map(({ prompt }) => model.encode(prompt))).toEqual(rows.map(({ ids }) => ids));
    const decoded = rows.map(({ text, greedy }) => text && model.decode(greedy));
    expect(decoded).toEqual(rows.map(({ text }) => text));
    await model.close();
  });

  it("predicts the same logits", async () => {
    const { logits } = await decoder.forward({
      rows: rows.map(({ ids }) => ids),
      past: rows.map(() => 0),
      predict: [...rows.keys()],
      logitRows: [...rows.keys()],
    });
    const size = decoder.shape.vocabSize;
    const errors = rows.map((row, index) =>
      relativeError(logits.subarray(index * size, (index + 1) * size), row.logits),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-4);
  });

  it("answers greedily with the same tokens", async () => {
    const limit = Math.max(...rows.map(({ greedy }) => greedy.length));
    const greedy = rows.map(({ ids }) => ({
      promptIds: ids,
      maxNewTokens: limit,
      sampling: { temperature: 0 as const },
      steering: [],
    }));
    const answers = await generate(decoder, greedy, [], 4096, silent);
    expect(answers.map(({ ids }) => ids)).toEqual(rows.map((row) => row.greedy));
  });

  it("goes on past the end for as many tokens as asked, all the same", async () => {
    const { ids, greedy } = golden.forced;
    const cache = { memory: new KvCache(decoder.shape, 1, ids.length + greedy.length), first: 0 };
    let step = await decoder.forward({ rows: [ids], past: [0], cache, predict: [0] });
    const tokens = [step.likeliest[0]!];
    while (tokens.length < greedy.length) {
      const past = [ids.length + tokens.length - 1];
      step = await decoder.forward({ rows: [[tokens.at(-1)!]], past, cache, predict: [0] });
      tokens.push(step.likeliest[0]!);
    }
    expect(tokens).toEqual(greedy);
  });

  it("pools the same residual streams and norms", async () => {
    const captured = await capture(decoder, rows, 64, silent);
    for (const [index, row] of rows.entries()) {
      expect(relativeError(captured[index]!.norms, row.norms.flat())).toBeLessThan(1e-5);
      if (row.means !== undefined) expect(relativeError(captured[index]!.means, row.means.flat())).toBeLessThan(1e-5);
    }
  });

  it("gives the same next-token probabilities", async () => {
    const tokenIds = [0, 7, decoder.shape.vocabSize - 1];
    const probabilities = await score(
      decoder,
      rows.map(({ ids }) => ids),
      tokenIds,
      4096,
      silent,
    );
    for (const [index, { logits }] of rows.entries()) {
      const highest = Math.max(...logits);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      const expected = tokenIds.map((id) => Math.exp(logits[id]! - highest) / total);
      for (const [place, value] of expected.entries()) {
        expect(Math.abs(probabilities[index]![place]! - value)).toBeLessThan(1e-5);
      }
    }
  });

  it("steers as a forward hook does that adds to the block's output", async () => {
    const { ids, layer, coefficient, vector, logits, last, greedy } = golden.steered;
    const steering = [{ layer, vector: 0, coefficient }];
    const vectors = [Float32Array.from(vector)];
    const row = { ids, pools: [[ids.length - 1]] };
    const [captured] = await capture(decoder, [row], 4096, silent, { vectors, rows: [steering] });
    expect(relativeError(captured!.means, last)).toBeLessThan(1e-5);
    const pass = await decoder.forward({
      rows: [ids],
      past: [0],
      predict: [0],
      logitRows: [0],
      vectors,
      steering: [steering],
    });
    expect(relativeError(pass.logits, logits)).toBeLessThan(1e-4);
    const maxNewTokens = Math.max(1, greedy.length);
    const sampling = { temperature: 0 as const };
    const answers = await generate(
      decoder,
      [{ promptIds: ids, maxNewTokens, sampling, steering }],
      vectors,
      4096,
      silent,
    );
    expect(answers[0]!.ids).toEqual(greedy);
  });
});
