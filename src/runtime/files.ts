import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
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

/**
 * Writes a file so that after a crash at any moment it is either the old one or the whole new one: a temporary name
 * in the same folder, fsync, rename, fsync of the folder.
 */
export function writeDurably(
  path: string,
  content: Uint8Array | string,
  sync: (folder: string) => void = syncFolder,
): void {
  const bytes = toBytes(content);
  makeFolder(dirname(path));
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    const file = openSync(temporary, "w");
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  sync(dirname(path));
}

/** Removes what writes that a crash cut short have left under a folder. Only for who holds the lock. */
export function removeTemporaries(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /\.tmp-\d+$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name), { force: true });
  }
}

export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes one output of a task under the experiment's folder and says what was written. `sync` gets the file's folder: who
 * writes several files gathers the folders, and syncs each once.
 */
export function writeOutput(
  folder: string,
  path: string,
  content: Uint8Array | string,
  sync: (folder: string) => void = syncFolder,
): OutputRecord {
  const bytes = toBytes(content);
  writeDurably(join(folder, path), bytes, sync);
  return { path, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, "utf8") : content;
}
