import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { OutputRecord } from "../domain/state.ts";

/** With the folders above it. Node's own recursive mkdir says ENOENT, no such file, of a file system that is read-only. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else may have made it in between.
    if (!existsSync(path)) throw error;
  }
}

/** Of a file, in bytes; undefined when it is not there. */
export function fileSize(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size;
  } catch (error) {
    // A file where a folder would be.
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

export type Content = Uint8Array | string;

/**
 * Writes a file so that after a crash at any moment it is either the old one or the whole new one: a temporary name
 * in the same folder, fsync, rename, fsync of the folder.
 */
export function writeDurably(path: string, content: Content): void {
  for (const handle of writing([[path, content]])) fsyncSync(handle);
}

/** Several files, each so; their folders are synced once, at the end. Yields what has to be synced before it goes on. */
function* writing(files: readonly (readonly [path: string, content: Content])[]): Generator<number> {
  for (const [path, content] of files) {
    makeFolder(dirname(path));
    const temporary = `${path}.tmp-${process.pid}`;
    let isPlaced = false;
    try {
      const file = openSync(temporary, "w");
      try {
        const bytes = toBytes(content);
        for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
        yield file;
      } finally {
        closeSync(file);
      }
      renameSync(temporary, path);
      isPlaced = true;
    } finally {
      if (!isPlaced) rmSync(temporary, { force: true });
    }
  }
  for (const folder of new Set(files.map(([path]) => dirname(path)))) yield* opened(folder);
}

function* opened(folder: string): Generator<number> {
  const handle = openSync(folder, "r");
  try {
    yield handle;
  } finally {
    closeSync(handle);
  }
}

/** Removes what writes that a crash cut short have left under a folder: of one process, or all. Only for who holds the lock. */
export function removeTemporaries(folder: string, pid?: number): void {
  const name = new RegExp(`\\.tmp-${pid ?? "\\d+"}$`);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && name.test(entry.name)) rmSync(join(entry.parentPath, entry.name), { force: true });
  }
}

export function syncFolder(folder: string): void {
  for (const handle of opened(folder)) fsyncSync(handle);
}

/** Writes one output of a task under the experiment's folder and says what was written. */
export function writeOutput(folder: string, path: string, content: Content): OutputRecord {
  const bytes = toBytes(content);
  writeDurably(join(folder, path), bytes);
  return recordOf(path, bytes);
}

/** The same of several, without keeping the thread waiting for the disk. */
export async function writeOutputs(
  folder: string,
  contents: readonly (readonly [path: string, content: Content])[],
): Promise<OutputRecord[]> {
  const outputs = contents.map(([path, content]) => [path, toBytes(content)] as const);
  for (const handle of writing(outputs.map(([path, bytes]) => [join(folder, path), bytes]))) await fsyncLater(handle);
  return outputs.map(([path, bytes]) => recordOf(path, bytes));
}

/** fsync, of which others can go on meanwhile. */
export const fsyncLater: (file: number) => Promise<void> = promisify(fsync);

function recordOf(path: string, bytes: Uint8Array): OutputRecord {
  return { path, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

function toBytes(content: Content): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, "utf8") : content;
}
