import { isUtf8 } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { getSystemErrorName } from "node:util";
import type { ProjectReader, TextRead, WeightsRead } from "../compiler/reader.ts";
import { EngineFailure } from "../domain/engine.ts";
import type { HubRevision, WeightsLocation } from "../domain/weights.ts";
import { inspectGguf, inspectWeights, type WeightsInfo } from "../engine/index.ts";
import { schemaCheck } from "./schemas.ts";
import { isOffline } from "./weights/hub-access.ts";
import { downloadCommand, findInHubCache, hubCache, repositoryFolder, type Environment } from "./weights/hub-cache.ts";

/** The disk, as the compiler sees it. Weights are read once. `env` says where the hub's cache is. */
export function diskReader(env: Environment = process.env): ProjectReader {
  const weights = new Map<string, WeightsRead>();
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
    weights: (location) => remember(weights, JSON.stringify(location), () => locateWeights(location, env)),
    schema: schemaCheck,
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

function locateWeights(location: WeightsLocation, env: Environment): WeightsRead {
  const { kind } = location;
  if (kind === "hub") return readHubWeights(location, env);
  if (kind === "folder") return readWeights(location.path);
  // Named by what is in the file: another file under the same name is converted anew.
  const { path, cache } = location;
  const folder = (identity: string): string => join(cache, `${parse(path).name}-${identity.slice(0, 12)}`);
  return readWeights(path, inspectGguf, folder);
}

function readHubWeights(wanted: HubRevision, env: Environment): WeightsRead {
  const { repository, revision } = wanted;
  const folder = findInHubCache(wanted, env);
  if (folder === undefined) {
    const name = revision === "main" ? repository : `${repository} at ${revision}`;
    const message = `${name} is not in the Hugging Face cache (${hubCache(env)}).`;
    return missingFromHub(message, "", wanted, env);
  }
  const read = readWeights(folder);
  if (read.status === "ok") return read;
  // A snapshot's folder is named by a commit in somebody's home: no words for a message.
  const message = read.message.replaceAll(folder, `hf://${repository}`);
  if (read.status === "missing") return missingFromHub(message, `${read.hint} `, wanted, env);
  if (read.status === "unsupported") return { ...read, message };
  const deleted = `Delete ${repositoryFolder(repository, env)}: steerform apply downloads it again.`;
  return { ...read, message, hint: deleted };
}

function missingFromHub(message: string, hint: string, wanted: HubRevision, env: Environment): WeightsRead {
  const command = downloadCommand(wanted);
  return isOffline(env)
    ? { status: "missing", message, hint: `${hint}HF_HUB_OFFLINE is set. Unset it, or elsewhere: ${command}` }
    : { status: "missing", message, hint: `steerform apply downloads it (and so does: ${command}).`, obtainable: true };
}

/** What `inspect` says of what lies at a path; `folder` is where it is used from. */
function readWeights(
  path: string,
  inspect: (path: string) => WeightsInfo = inspectWeights,
  folder: (identity: string) => string = () => path,
): WeightsRead {
  try {
    const { identity, layers, hiddenSize, maxPositions, vocabSize, takesSystemPrompts } = inspect(path);
    return {
      status: "ok",
      folder: folder(identity),
      digest: identity,
      layers,
      hiddenSize,
      context: maxPositions,
      vocabSize,
      takesSystemPrompts,
    };
  } catch (error) {
    if (error instanceof EngineFailure) return { status: statusOf(error), message: error.message, hint: error.hint };
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { status: "damaged", message: `${path} cannot be read: ${code}.`, hint: "Check the files' permissions." };
  }
}

function statusOf({ kind }: EngineFailure): "missing" | "damaged" | "unsupported" {
  if (kind === "weights-missing") return "missing";
  return kind === "unsupported-model" ? "unsupported" : "damaged";
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
