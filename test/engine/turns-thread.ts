import { parentPort, workerData } from "node:worker_threads";
import { inTurn } from "../../src/engine/onnx/device-turns.ts";

/** A thread of device-turns.test.ts: works many times, each time in turn, and says how often another was at it. */

export async function workInTurn(inside: Int32Array, times: number): Promise<number> {
  const clashes = Array.from({ length: times }, () =>
    inTurn(async () => {
      const others = Atomics.add(inside, 0, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      Atomics.sub(inside, 0, 1);
      return others;
    }),
  );
  return (await Promise.all(clashes)).reduce((sum, others) => sum + others, 0);
}

const port = parentPort;
if (port !== null && workerData instanceof SharedArrayBuffer) {
  const clashes = await workInTurn(new Int32Array(workerData), 20);
  port.postMessage(clashes);
}
