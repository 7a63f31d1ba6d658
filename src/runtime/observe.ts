import type { TaskRecord } from "../domain/state.ts";
import { startThread } from "../engine/index.ts";
import { programFile } from "../util/package-files.ts";
import { fileSize } from "./files.ts";
import { look, type Sighting } from "./sighting.ts";
import { StateFile } from "./state-file.ts";
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

/**
 * Looks at the state of an experiment: at once, and if it is large, in a thread of its own, so that the caller can do
 * something else before it asks what was seen. Who asks gets RuntimeFailure `state-newer` or `state-damaged`.
 */
export function observeState(folder: string): () => Promise<Observed> {
  if ((fileSize(statePath(folder)) ?? 0) < LARGE_BYTES) return async () => observed(folder, look(folder));
  const thread = startThread(programFile("runtime/observe-thread"), { folder });
  const seen = new Promise<Sighting | undefined>((resolve) => {
    thread.once("message", resolve);
    // What went wrong there goes wrong here, and is told.
    thread.once("error", () => resolve(undefined));
  });
  // Who does not ask does not wait.
  thread.unref();
  return async () => {
    thread.ref();
    return observed(folder, (await seen) ?? look(folder));
  };
}

function observed(folder: string, { places, gone }: Sighting): Observed {
  const file = new StateFile(statePath(folder));
  const records = new Map<string, TaskRecord>();
  for (const [index, id] of places.id.entries()) {
    const place = {
      id,
      digest: places.digest[index] as string,
      durationMs: places.durationMs[index] as number,
      start: places.start[index] as number,
      length: places.length[index] as number,
      number: places.number[index] as number,
    };
    records.set(id, new RecordLine(place, file));
  }
  return { records, isPresent: ({ id }) => !gone.has(id) };
}
