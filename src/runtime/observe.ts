import { availableParallelism } from "node:os";
import type { TaskRecord } from "../domain/state.ts";
import { startThread } from "../engine/index.ts";
import { programFile } from "../util/package-files.ts";
import { fileSize } from "./files.ts";
import { look, type Sighting } from "./sighting.ts";
import { partsOf, StateFile } from "./state-file.ts";
import { RecordLine } from "./state-lines.ts";
import { statePath } from "./state.ts";

/** What was made, from what, and whether it is still there. */
export interface Observed {
  /** The latest record of every finished task. */
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** Whether a record's outputs are there, in their sizes: what else can be wrong with one would take reading it. */
  readonly isPresent: (record: TaskRecord) => boolean;
}

/** A smaller state is read before a thread has started. */
const LARGE_BYTES = 4_000_000;

/** Threads that look at once. There are two even on two cores: the caller waits for the last of what is seen. */
const MOST_THREADS = 4;

/**
 * Looks at the state of an experiment: at once, and if it is large, in threads of their own, so that the caller can do
 * something else before it asks what was seen. Who asks gets RuntimeFailure `state-newer` or `state-damaged`.
 */
export function observeState(folder: string): () => Promise<Observed> {
  const path = statePath(folder);
  const bytes = fileSize(path) ?? 0;
  if (bytes < LARGE_BYTES) return async () => observed(folder, [look(folder)]);
  const parts = partsOf(path, bytes, Math.min(MOST_THREADS, availableParallelism()));
  const threads = parts.map((part) => startThread(programFile("runtime/observe-thread"), { folder, part }));
  const sightings = threads.map(async (thread): Promise<Sighting | undefined> => {
    // Who does not ask does not wait.
    thread.unref();
    return new Promise((resolve) => {
      thread.once("message", resolve);
      thread.once("error", () => resolve(undefined));
    });
  });
  return async () => {
    for (const thread of threads) thread.ref();
    const seen = await Promise.all(sightings);
    // What went wrong there goes wrong here, and is told.
    return observed(folder, seen.every((one) => one !== undefined) ? seen : [look(folder)]);
  };
}

/** From what was seen of parts that follow each other. */
function observed(folder: string, sightings: readonly Sighting[]): Observed {
  const file = new StateFile(statePath(folder));
  const records = new Map<string, TaskRecord>();
  const gone = new Set<string>();
  let linesBefore = 0;
  for (const { places, gone: goneHere, forgotten, lines } of sightings) {
    for (const id of forgotten) records.delete(id);
    for (const [index, id] of places.id.entries()) {
      const place = {
        id,
        digest: places.digest[index] as string,
        durationMs: places.durationMs[index] as number,
        start: places.start[index] as number,
        length: places.length[index] as number,
        number: linesBefore + (places.number[index] as number),
      };
      records.set(id, new RecordLine(place, file));
      if (goneHere.has(id)) gone.add(id);
      else gone.delete(id);
    }
    linesBefore += lines;
  }
  return { records, isPresent: ({ id }) => !gone.has(id) };
}
