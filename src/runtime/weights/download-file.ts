import { createHash, type Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../files.ts";
import { damaged, unreachable } from "./hub-failures.ts";
import type { HubFile } from "./hub-listing.ts";
import { bodyOf, get, type Hub } from "./hub-request.ts";
import { patiently, TryAgain } from "./patience.ts";

/** What a download that was stopped leaves, and the next one goes on with. */
export function partialOf(blob: string): string {
  return `${blob}.steerform.incomplete`;
}

const BLOCK_BYTES = 1 << 20;

/**
 * Downloads a file to `blob`, which is there once it is whole: its size and checksum are those that the hub says, and it is
 * synced. What an earlier attempt, or run, has received is not asked for again. `onBytes` gets how many bytes there are more,
 * or less. Only for who holds the repository's lock. Rejects with RuntimeFailure, Interrupted, or an error of the file system.
 */
export async function downloadFile(
  file: HubFile,
  url: string,
  blob: string,
  hub: Hub,
  onBytes: (bytes: number) => void,
): Promise<void> {
  if (existsSync(blob)) return;
  const handle = await open(partialOf(blob), "a+");
  try {
    const received = new Received(file, handle, onBytes);
    await received.readBack();
    for (let isSecond = false; ; isSecond = true) {
      await patiently(
        () => receive(url, received, hub),
        hub.patience,
        (reason) => unreachable(hub.wanted, hub.access, reason),
      );
      const found = received.digest();
      if (found === file.etag) break;
      await received.startOver();
      if (isSecond) throw damaged(hub.wanted, file.path, found, file.etag);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partialOf(blob), blob);
  syncFolder(dirname(blob));
}

/** One request for what is still missing. */
async function receive(url: string, received: Received, hub: Hub): Promise<void> {
  if (received.missing <= 0) return;
  const range = received.bytes === 0 ? {} : { range: `bytes=${received.bytes}-` };
  const response = await get(url, hub, range);
  // A server that does not know ranges sends everything.
  if (received.bytes > 0 && response.status !== 206) await received.startOver();
  for await (const bytes of bodyOf(response, hub)) {
    await received.add(bytes);
    // More than it should have: the checksum will not be right, and the rest need not come.
    if (received.missing < 0) return;
  }
  if (received.missing > 0) throw new TryAgain("the connection was cut", { progressed: received.bytes > 0 });
}

/** What there is of a file, and its checksum so far. */
class Received {
  readonly #file: HubFile;
  readonly #handle: FileHandle;
  readonly #onBytes: (bytes: number) => void;
  #hash: Hash;
  bytes = 0;

  constructor(file: HubFile, handle: FileHandle, onBytes: (bytes: number) => void) {
    this.#file = file;
    this.#handle = handle;
    this.#onBytes = onBytes;
    this.#hash = hashFor(file);
  }

  /** Negative when more came than the file has. */
  get missing(): number {
    return this.#file.bytes - this.bytes;
  }

  async readBack(): Promise<void> {
    const block = Buffer.alloc(BLOCK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#handle.read(block, 0, block.length, this.bytes);
      if (bytesRead === 0) break;
      this.#count(block.subarray(0, bytesRead));
    }
    if (this.missing < 0) await this.startOver();
  }

  async add(bytes: Uint8Array): Promise<void> {
    await this.#handle.appendFile(bytes);
    this.#count(bytes);
  }

  async startOver(): Promise<void> {
    await this.#handle.truncate(0);
    this.#onBytes(-this.bytes);
    this.bytes = 0;
    this.#hash = hashFor(this.#file);
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  #count(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    this.#onBytes(bytes.length);
  }
}

/** A sha256 has 64 digits; git's sha1 is of a header and the file. */
function hashFor({ etag, bytes }: HubFile): Hash {
  return etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${bytes}\0`);
}
