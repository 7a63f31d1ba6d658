import { createHash, type Hash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "./checkpoint.ts";

/** Besides the tensors, what decides which ids a prompt becomes and where a text ends. */
const FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
] as const;

/** A tensor of at most this many bytes is read whole. */
const WHOLE_BYTES = 1 << 20;
const BLOCKS = 16;
const BLOCK_BYTES = 4096;

/**
 * sha256, hex, of what a weights folder makes a model do. The same tensors give the same identity however they are cut
 * into shards, and wherever they lie.
 *
 * Of a tensor above 1 MiB, 16 blocks of 4 KiB are read at even distances, its first and last bytes among them: hashing
 * the 16 GB of an 8B model would take longer than most of what is asked of it. Training and editing a model change a
 * tensor everywhere, so that every block tells.
 */
export function weightsIdentity(weightsDir: string, { tensors }: Checkpoint): string {
  const hash = createHash("sha256");
  for (const name of FILES) {
    const path = join(weightsDir, name);
    hash.update(`${name}\n${existsSync(path) ? sha256(readFileSync(path)) : "none"}\n`);
  }
  const files = new OpenFiles();
  try {
    for (const [name, tensor] of [...tensors].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${JSON.stringify(name)} ${tensor.dtype} ${tensor.shape.join("x")}\n`);
      updateWithSamples(hash, files.open(tensor.realPath), tensor);
    }
  } finally {
    files.close();
  }
  return hash.digest("hex");
}

/** Adds a tensor's bytes, or samples of them, to what identifies it. */
export function updateWithSamples(
  hash: Hash,
  file: number,
  { begin, end }: { readonly begin: number; readonly end: number },
): void {
  const length = end - begin;
  if (length <= WHOLE_BYTES) {
    updateWithRange(hash, file, begin, length);
    return;
  }
  for (let block = 0; block < BLOCKS; block++) {
    const at = Math.floor(((length - BLOCK_BYTES) * block) / (BLOCKS - 1));
    updateWithRange(hash, file, begin + at, BLOCK_BYTES);
  }
}

function updateWithRange(hash: Hash, file: number, position: number, length: number): void {
  const bytes = Buffer.alloc(length);
  const read = readSync(file, bytes, 0, length, position);
  hash.update(bytes.subarray(0, read));
}

/** Shards stay open while their tensors are read. */
class OpenFiles {
  readonly #open = new Map<string, number>();

  open(path: string): number {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const file = openSync(path, "r");
    this.#open.set(path, file);
    return file;
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
