import { expect, it } from "vitest";
import { EngineFailure } from "../../src/domain/engine.ts";
import type { Decoder } from "../../src/engine/session/decoder.ts";
import { runtimeFailure } from "../../src/engine/session/failures.ts";
import { ElasticDecoder } from "../../src/engine/session/less-memory.ts";

const outOfMemory = (): EngineFailure =>
  runtimeFailure("failed in a forward pass", new Error("Failed to allocate memory for requested buffer of size 64"));
const TOO_LITTLE = "ONNX Runtime failed in a forward pass: there was too little memory.";

/** Decoders that do nothing but tell when they are opened and closed. */
async function elastic(
  maxTokens: number,
  fits: (tokens: number) => boolean = () => true,
): Promise<{ readonly held: ElasticDecoder; readonly told: string[] }> {
  const told: string[] = [];
  const open = (tokens: number): Promise<Decoder> => {
    if (!fits(tokens)) return Promise.reject(outOfMemory());
    told.push(`open ${tokens}`);
    const close = (): Promise<void> => Promise.resolve(void told.push(`close ${tokens}`));
    return Promise.resolve({ close } as unknown as Decoder);
  };
  return { held: await ElasticDecoder.open(open, maxTokens, (message) => told.push(message)), told };
}

it("begins work again with half the passes when the device's memory runs out, and stays there", async () => {
  const { held, told } = await elastic(4096);
  const fitting = (_: Decoder, tokens: number): Promise<number> =>
    tokens > 1024 ? Promise.reject(outOfMemory()) : Promise.resolve(tokens);
  expect(await held.perform(fitting)).toBe(1024);
  expect(told).toEqual([
    "open 4096",
    "The device's memory ran out. Going on with passes of 2048 tokens, which does not change results. Set engine.max_batch_tokens to 2048 to begin with them.",
    "close 4096",
    "open 2048",
    "The device's memory ran out. Going on with passes of 1024 tokens, which does not change results. Set engine.max_batch_tokens to 1024 to begin with them.",
    "close 2048",
    "open 1024",
  ]);
  expect(await held.perform((_, tokens) => Promise.resolve(tokens))).toBe(1024);
});

it("gives up where the weights alone are too much, and passes on every other failure at once", async () => {
  const { held, told } = await elastic(512);
  await expect(held.perform(() => Promise.reject(outOfMemory()))).rejects.toThrow(TOO_LITTLE);
  expect(told.filter((line) => line.startsWith("open"))).toEqual(["open 512", "open 256"]);
  const other = new EngineFailure("not-finite", "NaN", "");
  await expect(held.perform(() => Promise.reject(other))).rejects.toBe(other);
  expect(told.filter((line) => line.startsWith("open"))).toHaveLength(2);
});

it("opens the decoder again when there is memory for it once more", async () => {
  let [room, failed] = [4096, false];
  const { held, told } = await elastic(2048, (tokens) => tokens <= room);
  const work = (_: Decoder, tokens: number): Promise<number> => {
    if (failed) return Promise.resolve(tokens);
    [room, failed] = [0, true];
    return Promise.reject(outOfMemory());
  };
  await expect(held.perform(work)).rejects.toThrow(TOO_LITTLE);
  room = 4096;
  expect(await held.perform(work)).toBe(256);
  await held.close();
  expect(told.filter((line) => !line.startsWith("The"))).toEqual(["open 2048", "close 2048", "open 256", "close 256"]);
});
