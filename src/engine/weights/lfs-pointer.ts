import { EngineFailure } from "../../domain/engine.ts";

/** A clone without Git LFS has a short text in the place of each large file: `version https://git-lfs.github.com/spec/v1`. */
export function refuseLfsPointer(path: string, beginning: Uint8Array): void {
  if (Buffer.from(beginning.subarray(0, 8)).toString("latin1") !== "version ") return;
  const message = `${path} is a Git LFS pointer, not the file itself.`;
  throw new EngineFailure("weights-missing", message, "Run `git lfs pull` in the model's repository.");
}
