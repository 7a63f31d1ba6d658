import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { EngineFailure } from "../../domain/engine.ts";
import { headerByteLength, parseSafetensorsHeader, SafetensorsError } from "../../domain/safetensors.ts";
import type { SafetensorsEntry } from "../../domain/safetensors.ts";
import { isRecord } from "./config.ts";
import { readJsonFile } from "./json-file.ts";
import { refuseLfsPointer } from "./lfs-pointer.ts";

export interface StoredTensor extends SafetensorsEntry {
  /** The file as the user knows it. */
  readonly path: string;
  /** The file itself, symbolic links followed: a Hugging Face cache is nothing but links. */
  readonly realPath: string;
}

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const DOWNLOAD_AGAIN = "The download may have been cut short: fetch the file again.";

/** The safetensors files of a model's folder, in a fixed order. Throws EngineFailure. */
export function shardPaths(weightsDir: string): string[] {
  const index = readJsonFile(join(weightsDir, INDEX));
  if (index !== undefined) {
    const map = index["weight_map"];
    const names = new Set(isRecord(map) ? Object.values(map) : []);
    return Array.from(names, (name) => shardPath(weightsDir, name)).toSorted();
  }
  const single = join(weightsDir, SINGLE);
  if (existsSync(single)) return [single];
  throw new EngineFailure(
    "weights-missing",
    `${weightsDir} has neither ${SINGLE} nor ${INDEX}.`,
    "Download the model's safetensors files; pytorch_model.bin is not read, and a GGUF file is named itself: weights: <file>.gguf.",
  );
}

function shardPath(weightsDir: string, name: unknown): string {
  // An index comes from a stranger: it may name files of its own folder only.
  if (typeof name !== "string" || basename(name) !== name || name === "..") {
    const message = `${join(weightsDir, INDEX)} names ${JSON.stringify(name)}, which is no file of its folder.`;
    throw new EngineFailure("weights-damaged", message, "Download the index again.");
  }
  const path = join(weightsDir, name);
  if (existsSync(path)) return path;
  throw new EngineFailure(
    "weights-missing",
    `${path} is missing, but ${INDEX} names it.`,
    "Download the missing file.",
  );
}

/** Every tensor of a safetensors file, by name; only the header is read. Throws EngineFailure `weights-damaged`. */
export function readShard(path: string): Map<string, StoredTensor> {
  const file = openSync(path, "r");
  try {
    const fileBytes = fstatSync(file).size;
    const first = readBytes(file, Math.min(8, fileBytes));
    refuseLfsPointer(path, first);
    const headerBytes = headerByteLength(first, fileBytes);
    const { entries } = parseSafetensorsHeader(readBytes(file, 8 + headerBytes), fileBytes);
    const realPath = realpathSync(path);
    return new Map([...entries].map(([name, entry]) => [name, { ...entry, path, realPath }]));
  } catch (error) {
    if (error instanceof SafetensorsError) {
      throw new EngineFailure("weights-damaged", `${path}: ${error.message}.`, DOWNLOAD_AGAIN);
    }
    throw error;
  } finally {
    closeSync(file);
  }
}

function readBytes(file: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const read = readSync(file, bytes, 0, count, 0);
  return bytes.subarray(0, read);
}
