import type { OutputRecord, TaskRecord } from "../domain/state.ts";
import type { Task } from "../domain/task.ts";
import { writeOutputs, type Content } from "./files.ts";
import type { StateStore } from "./state.ts";
import type { Outputs } from "./tasks/context.ts";

/** What is on its way to the disk is held in memory: so many tasks, and so many bytes of theirs. */
const MAX_TASKS = 32;
const MAX_BYTES = 64 << 20;

/** What of a record is known before its outputs are written. */
export type Unwritten = Omit<TaskRecord, "outputs">;

/**
 * Puts what tasks have made on the disk, and then their records. While the disk takes its time over one task it can be
 * given others: they are recorded in the order in which they came, many with one write.
 */
export class Recorder {
  readonly #folder: string;
  readonly #state: StateStore;
  /** Resolves when the records of all tasks that have come are handed on, or will not be. */
  #before: Promise<unknown> = Promise.resolve();
  readonly #recordings = new Set<Promise<void>>();
  #bytes = 0;

  constructor(folder: string, state: StateStore) {
    this.#folder = folder;
    this.#state = state;
  }

  /** Tasks that are on their way to the disk. */
  get size(): number {
    return this.#recordings.size;
  }

  /** Until less is on its way, no task should be given to it. */
  get isFull(): boolean {
    return this.size >= MAX_TASKS || this.#bytes >= MAX_BYTES;
  }

  /** Resolves when those that are on their way now are recorded, or have failed. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#recordings);
  }

  /** Waits for what records several tasks: one that fails, of which the first is thrown, keeps no other from it. */
  async all(recordings: readonly Promise<void>[]): Promise<void> {
    for (const recording of recordings) this.#recordings.add(recording);
    const outcomes = await Promise.allSettled(recordings);
    for (const recording of recordings) this.#recordings.delete(recording);
    const failed = outcomes.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  /** Resolves when the outputs and the record are on the disk. */
  async record(task: Task, outputs: Outputs, unwritten: Unwritten): Promise<void> {
    const before = this.#before;
    const bytes = bytesOf(outputs);
    this.#bytes += bytes;
    let handedOn = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      handedOn = resolve;
    });
    this.#before = before.then(() => mine);
    let recorded: Promise<void>;
    try {
      const written = await this.#write(task, outputs);
      await before;
      const { id, fingerprint, digest, ...rest } = unwritten;
      recorded = this.#state.record({ id, fingerprint, digest, outputs: written, ...rest });
    } finally {
      this.#bytes -= bytes;
      handedOn();
    }
    await recorded;
  }

  async #write({ id, outputs: paths }: Task, outputs: Outputs): Promise<OutputRecord[]> {
    const contents: [path: string, content: Content][] = [];
    const records = new Map<string, OutputRecord>();
    for (const path of paths) {
      const made = outputs.get(path);
      if (made === undefined) throw new Error(`Internal error: ${id} did not make ${path}`);
      if (typeof made === "string" || made instanceof Uint8Array) contents.push([path, made]);
      else records.set(path, made);
    }
    for (const record of await writeOutputs(this.#folder, contents)) records.set(record.path, record);
    return paths.map((path) => records.get(path) as OutputRecord);
  }
}

/** Of what is in memory; of a text about. */
function bytesOf(outputs: Outputs): number {
  let sum = 0;
  for (const made of outputs.values()) if (typeof made === "string" || made instanceof Uint8Array) sum += made.length;
  return sum;
}
