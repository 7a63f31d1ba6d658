import { availableParallelism } from "node:os";
import type { TensorChange } from "./change.ts";
import type { TensorPair } from "./pair.ts";
import { Threads } from "./threads.ts";

/** More threads than these wait for the disk. */
const MAX_THREADS = 4;

export interface Watch {
  readonly signal?: AbortSignal;
  /** After every tensor, with its name. */
  readonly onTensor?: (name: string) => void;
}

/** How each tensor changed, in the tensors' order. Rejects with EngineFailure. */
export async function readChanges(
  tensors: readonly TensorPair[],
  { signal, onTensor }: Watch,
): Promise<TensorChange[]> {
  const changes = Array.from<TensorChange>({ length: tensors.length });
  // The largest first, so that no thread is left alone with one at the end.
  const order = tensors.map((tensor, index) => ({ tensor, index }));
  order.sort((a, b) => sizeOf(b.tensor) - sizeOf(a.tensor) || a.index - b.index);
  const count = Math.min(MAX_THREADS, availableParallelism(), tensors.length);
  await withThreads(count, signal, (threads) =>
    Promise.all(
      order.map(async ({ tensor, index }) => {
        changes[index] = await threads.run("change", tensor);
        onTensor?.(tensor.name);
      }),
    ),
  );
  return changes;
}

export async function withThreads<T>(
  count: number,
  signal: AbortSignal | undefined,
  work: (threads: Threads) => Promise<T>,
): Promise<T> {
  const threads = new Threads(count, signal);
  try {
    return await work(threads);
  } finally {
    await threads.close();
  }
}

function sizeOf({ rows, columns }: TensorPair): number {
  return rows * columns;
}
