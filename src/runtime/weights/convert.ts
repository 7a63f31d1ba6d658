import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { convertGguf } from "../../engine/index.ts";
import { makeFolder, syncFolder } from "../files.ts";
import { waitForLock } from "../lock.ts";

/** Converts a GGUF file into a folder that is there once it is whole. Rejects with EngineFailure or Interrupted. */
export async function convertWeights(
  path: string,
  folder: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
  onWait: (owner: string) => void,
): Promise<void> {
  makeFolder(dirname(folder));
  const lock = await waitForLock(`${folder}.lock`, signal, onWait);
  try {
    if (existsSync(folder)) return;
    const temporary = `${folder}.incomplete`;
    rmSync(temporary, { recursive: true, force: true });
    await convertGguf(path, temporary, { signal, onProgress });
    renameSync(temporary, folder);
    syncFolder(dirname(folder));
  } finally {
    lock.release();
  }
}
