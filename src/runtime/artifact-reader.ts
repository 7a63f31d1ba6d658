import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import type { TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";

const AGAIN = "the task that makes it then runs again.";

/** Reads what tasks have made, and holds it to the digest that was recorded when it was written. */
export class ArtifactReader {
  readonly #experiment: Pick<Experiment, "folder" | "tasks">;
  readonly #records: ReadonlyMap<string, TaskRecord>;
  /** Ids of tasks by the paths of what they make. */
  #makers: ReadonlyMap<string, string> | undefined;
  /** Of the outputs by path, of records that were asked for. */
  readonly #digests = new WeakMap<TaskRecord, ReadonlyMap<string, string>>();

  /** `records` may change meanwhile. */
  constructor(experiment: Pick<Experiment, "folder" | "tasks">, records: ReadonlyMap<string, TaskRecord>) {
    this.#experiment = experiment;
    this.#records = records;
  }

  /** `path` is relative to the experiment's folder. Throws RuntimeFailure `artifact-damaged`. */
  read(path: string): Uint8Array {
    const bytes = this.#bytesOf(path);
    const expected = this.#digestOf(path);
    if (expected === undefined || createHash("sha256").update(bytes).digest("hex") === expected) return bytes;
    throw new RuntimeFailure(
      "artifact-damaged",
      `${path} has changed since its task wrote it.`,
      `Delete it and apply again: ${AGAIN}`,
    );
  }

  /** As it was recorded. */
  #digestOf(path: string): string | undefined {
    const { tasks } = this.#experiment;
    this.#makers ??= new Map(tasks.flatMap(({ id, outputs }) => outputs.map((output) => [output, id])));
    const record = this.#records.get(this.#makers.get(path) ?? "");
    if (record === undefined) return undefined;
    const digests = this.#digests.get(record) ?? new Map(record.outputs.map((one) => [one.path, one.sha256]));
    this.#digests.set(record, digests);
    return digests.get(path);
  }

  #bytesOf(path: string): Uint8Array {
    try {
      return readFileSync(join(this.#experiment.folder, path));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      throw new RuntimeFailure("artifact-damaged", `${path} is gone.`, `Apply again: ${AGAIN}`);
    }
  }
}
