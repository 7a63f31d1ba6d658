import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { RuntimeFailure } from "../failures.ts";
import { MANIFEST, parseManifest, type Manifest } from "../export/manifest.ts";
import type { Bytes } from "../torch/zip-reader.ts";

/** A folder that somebody else wrote: nothing in it is believed or run. */
export class ImportFolder {
  readonly path: string;
  /** What its artifacts were made from; undefined where it does not say. */
  readonly manifest: Manifest | undefined;

  /** Throws RuntimeFailure `import-refused`. */
  constructor(path: string) {
    this.path = path;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new RuntimeFailure("import-refused", `There is no folder ${path}.`, "Name the folder of an experiment.");
    }
    const text = this.read(MANIFEST);
    this.manifest = text === undefined ? undefined : parseManifest(Buffer.from(text).toString());
    if (text !== undefined && this.manifest === undefined) {
      const hint = "It was written by a newer steerform, or changed since: export again.";
      throw new RuntimeFailure("import-refused", `${join(path, MANIFEST)} cannot be read.`, hint);
    }
  }

  /** Undefined for a file that is not there. */
  read(path: string): Uint8Array | undefined {
    return this.has(path) ? readFileSync(join(this.path, path)) : undefined;
  }

  has(path: string): boolean {
    return statSync(join(this.path, path), { throwIfNoEntry: false })?.isFile() === true;
  }

  /** Of a file that is there, what is asked for alone is read. */
  open<T>(path: string, use: (bytes: Bytes) => T): T {
    const file = openSync(join(this.path, path), "r");
    try {
      return use({
        length: fstatSync(file).size,
        subarray(begin, end) {
          const bytes = Buffer.alloc(end - begin);
          return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, begin));
        },
      });
    } finally {
      closeSync(file);
    }
  }
}
