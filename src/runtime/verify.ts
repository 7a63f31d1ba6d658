import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSafetensorsHeader, SafetensorsError, headerByteLength, toFloat32 } from "../domain/safetensors.ts";
import type { OutputRecord, TaskRecord } from "../domain/state.ts";
import { readTorchFile } from "./torch/read.ts";
import { TorchFileError, TorchTensor, type TorchDict, type TorchValue } from "./torch/tensor.ts";

/** An artifact that is not what its task wrote, or that holds what no artifact may. */
export interface Damage {
  readonly id: string;
  readonly path: string;
  /** A clause: "has changed since its task wrote it". */
  readonly what: string;
}

/** Re-reads everything that the state records. Yields once a task, with what is wrong with it. */
export function* verifyArtifacts(
  folder: string,
  records: Iterable<TaskRecord>,
): Generator<{ readonly id: string; readonly damages: readonly Damage[] }> {
  for (const { id, outputs } of records) {
    const damages = outputs.flatMap((output): Damage[] => {
      const what = whatIsWrong(folder, output);
      return what === undefined ? [] : [{ id, path: output.path, what }];
    });
    yield { id, damages };
  }
}

function whatIsWrong(folder: string, { path, sha256, bytes: size }: OutputRecord): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(join(folder, path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return code === "ENOENT" ? "is gone" : `cannot be read (${code})`;
  }
  if (bytes.length !== size) return `has ${bytes.length} bytes, and had ${size}`;
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return "has changed since its task wrote it";
  if (path.endsWith(".pt")) return torchTrouble(bytes);
  return path.endsWith(".safetensors") ? tensorTrouble(bytes) : undefined;
}

/** What is wrong with a safetensors file: a clause. A digest says that nothing has changed since, not that it was sound. */
export function tensorTrouble(bytes: Uint8Array): string | undefined {
  try {
    const headerBytes = headerByteLength(bytes, bytes.length);
    const { entries } = parseSafetensorsHeader(bytes.subarray(0, 8 + headerBytes), bytes.length);
    for (const { name, dtype, begin, end } of entries.values()) {
      if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") continue;
      const numbers = toFloat32(dtype, bytes.subarray(begin, end));
      const at = numbers.findIndex((value) => !Number.isFinite(value));
      if (at !== -1) return `holds ${numbers[at]} in tensor "${name}"`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof SafetensorsError) return error.message;
    throw error;
  }
}

/** The same of a file for PyTorch. */
function torchTrouble(bytes: Uint8Array): string | undefined {
  try {
    for (const [name, tensor] of tensorsIn(readTorchFile(bytes))) {
      const bad = tensor.numbers().find((value) => !Number.isFinite(value));
      if (bad !== undefined) return `holds ${bad} in tensor "${name}"`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof TorchFileError) return error.message;
    throw error;
  }
}

/** By the keys that lead to them. */
function* tensorsIn(value: TorchValue, name: string = ""): Generator<[name: string, tensor: TorchTensor]> {
  if (value instanceof TorchTensor) yield [name, value];
  if (!(value instanceof Map)) return;
  for (const [key, item] of value as TorchDict) yield* tensorsIn(item, name === "" ? String(key) : `${name}.${key}`);
}

/** Ids of the records, and of all that was made from them. */
export function withDependants(records: ReadonlyMap<string, TaskRecord>, ids: Iterable<string>): Set<string> {
  const dependants = new Map<string, string[]>();
  for (const { id, fingerprint } of records.values()) {
    for (const need of Object.keys(fingerprint.upstream)) dependants.set(need, [...(dependants.get(need) ?? []), id]);
  }
  const reached = new Set<string>();
  const left = [...ids];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    left.push(...(dependants.get(id) ?? []));
  }
  return reached;
}
