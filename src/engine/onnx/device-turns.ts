import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/**
 * All of a process's sessions on WebGPU share one device, and ONNX Runtime guards it with no lock: two threads that use
 * it at once end the process ("CommandEncoder is already finished"). So threads take turns. The word that they wait on is
 * made by the first thread that loads this module, the main one, and every thread is started with it.
 */

const KEY = "steerform: turns on the WebGPU device";
const [FREE, TAKEN] = [0, 1];

const known = getEnvironmentData(KEY) as unknown;
const turn = new Int32Array(known instanceof SharedArrayBuffer ? known : new SharedArrayBuffer(4));
if (known === undefined) setEnvironmentData(KEY, turn.buffer);

let before: Promise<unknown> = Promise.resolve();

/** Does the work when no other thread does any, after what this thread has asked for before. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(() => alone(work));
  before = done.catch(() => {});
  return done;
}

/** Stops the thread until it is its turn, as the work itself stops it. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  while (Atomics.compareExchange(turn, 0, FREE, TAKEN) !== FREE) Atomics.wait(turn, 0, TAKEN);
  try {
    return await work();
  } finally {
    Atomics.store(turn, 0, FREE);
    Atomics.notify(turn, 0, 1);
  }
}
