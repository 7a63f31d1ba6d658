import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputRecord, TaskRecord } from "../domain/state.ts";
import { RuntimeFailure } from "./failures.ts";

const AGAIN = "the task that makes it then runs again.";

/** Reads what tasks have made, and holds it to the digest that was recorded when it was written. */
export class ArtifactReader {
  readonly #folder: string;
  /** Digest by path. */
  readonly #written = new Map<string, string>();

  constructor(folder: string, records: Iterable<TaskRecord>) {
    this.#folder = folder;
    for (const { outputs } of records) this.add(outputs);
  }

  add(outputs: readonly OutputRecord[]): void {
    for (const { path, sha256 } of outputs) this.#written.set(path, sha256);
  }

  /** `path` is relative to the experiment's folder. Throws RuntimeFailure `artifact-damaged`. */
  read(path: string): Uint8Array {
    const bytes = this.#bytesOf(path);
    const expected = this.#written.get(path);
    if (expected === undefined || createHash("sha256").update(bytes).digest("hex") === expected) return bytes;
    throw new RuntimeFailure(
      "artifact-damaged",
      `${path} has changed since its task wrote it.`,
      `Delete it and apply again: ${AGAIN}`,
    );
  }

  #bytesOf(path: string): Uint8Array {
    try {
      return readFileSync(join(this.#folder, path));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      throw new RuntimeFailure("artifact-damaged", `${path} is gone.`, `Apply again: ${AGAIN}`);
    }
  }
}
