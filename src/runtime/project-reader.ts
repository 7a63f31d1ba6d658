import { isUtf8 } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import type { ProjectReader, TextRead, WeightsRead } from "../compiler/reader.ts";
import { EngineFailure } from "../domain/engine.ts";
import { inspectWeights } from "../engine/index.ts";

/** The package's own folder lies two folders above both src/runtime and dist/runtime. */
const PACKAGE = new URL("../../", import.meta.url);

/** The disk, as the compiler sees it. Weights and shipped files are read once. */
export function diskReader(): ProjectReader {
  const weights = new Map<string, WeightsRead>();
  const shipped = new Map<string, unknown>();
  return {
    exists: existsSync,
    readText,
    list(path) {
      try {
        return readdirSync(path);
      } catch (error) {
        if (codeOf(error) === undefined) throw error;
        return [];
      }
    },
    weights: (path) => remember(weights, path, () => readWeights(path)),
    shippedJson: (path) =>
      remember(shipped, path, () => JSON.parse(readFileSync(new URL(path, PACKAGE), "utf8")) as unknown),
  };
}

function readText(path: string): TextRead {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return { status: "missing" };
    if (code === "EISDIR") return { status: "not-a-file" };
    return { status: "unreadable", message: code === "EACCES" ? "permission denied" : code };
  }
  if (isUtf8(bytes)) return { status: "ok", text: bytes.toString("utf8") };
  return { status: "not-utf8", line: firstBadLine(bytes) };
}

/** No character of UTF-8 but the line break itself contains its byte, so lines can be looked at one by one. */
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function readWeights(path: string): WeightsRead {
  try {
    const { identity, layers, hiddenSize } = inspectWeights(path);
    return { status: "ok", digest: identity, layers, hiddenSize };
  } catch (error) {
    if (error instanceof EngineFailure) {
      const status = error.kind === "weights-missing" ? "missing" : "damaged";
      return { status, message: error.message, hint: error.hint };
    }
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { status: "damaged", message: `${path} cannot be read: ${code}.`, hint: "Check the files' permissions." };
  }
}

/** The system's name of an error of the file system, such as ENOENT; undefined for any other error. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "errno" in error && typeof error.errno === "number"
    ? getSystemErrorName(error.errno)
    : undefined;
}

function remember<V>(known: Map<string, V>, key: string, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
