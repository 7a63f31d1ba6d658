import { once } from "node:events";
import { expect, it } from "vitest";
import { inTurn } from "../../src/engine/onnx/device-turns.ts";
import { startThread } from "../../src/engine/start-thread.ts";
import { workInTurn } from "./turns-thread.ts";

it("lets one thread at a time use the device", async () => {
  const inside = new Int32Array(new SharedArrayBuffer(4));
  const threads = [1, 2].map(() => startThread(new URL("./turns-thread.ts", import.meta.url), inside.buffer));
  const told = threads.map((thread) => once(thread, "message"));
  const clashes = await workInTurn(inside, 20);
  expect([clashes, ...(await Promise.all(told)).flat()]).toEqual([0, 0, 0]);
});

it("goes on after work that failed", async () => {
  await expect(inTurn(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await inTurn(() => Promise.resolve("yes"))).toBe("yes");
});
