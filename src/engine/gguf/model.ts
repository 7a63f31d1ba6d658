import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineFailure } from "../../domain/engine.ts";
import { toFloat32 } from "../../domain/safetensors.ts";
import type { JsonObject } from "../../util/json.ts";
import { findArchitecture } from "../architectures/index.ts";
import type { DecoderShape } from "../architectures/types.ts";
import { ModelConfig } from "../weights/config.ts";
import { updateWithSamples } from "../weights/identity.ts";
import { refuseLfsPointer } from "../weights/lfs-pointer.ts";
import { READ_FORMATS } from "./blocks.ts";
import { configJson, familyOf } from "./config.ts";
import { checkpointName, type Family } from "./families.ts";
import { GgufError, parseGgufHeader, type GgufHeader, type GgufTensor } from "./format.ts";
import { Metadata } from "./metadata.ts";
import { cuttingOf } from "./tokenizer-json.ts";

/** A GGUF file whose every tensor has a place in a checkpoint of the engine's. */
export interface GgufModel {
  readonly path: string;
  readonly metadata: Metadata;
  readonly family: Family;
  readonly shape: DecoderShape;
  readonly config: JsonObject;
  /** By the checkpoint's names. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The tokenizer.json beside the file, which goes before what the file itself says. */
  readonly tokenizerPath: string | undefined;
  /** sha256, hex: the same for the same file and tokenizer, wherever they lie, under the same way of converting. */
  readonly identity: string;
}

/** Raise it when the same file is converted to something else: what was converted before is not used any more. */
const CONVERSION = "1";

/** Of a header; four times as much each time that it is longer. */
const FIRST_BYTES = 1 << 22;

const ROPE_FACTORS = "rope_freqs.weight";

/** Reads a GGUF file's header, and checks that the engine can run what it holds. Throws EngineFailure. */
export function readGguf(path: string): GgufModel {
  const file = open(path);
  try {
    const fileBytes = fstatSync(file).size;
    const { header, bytes } = readHeader(path, file, fileBytes);
    const metadata = new Metadata(header.metadata);
    const family = familyOf(metadata);
    const config = configJson(header, metadata, family, ropeFactors(file, header));
    const architecture = findArchitecture(new ModelConfig(config, path));
    const shape = architecture.readShape(new ModelConfig(config, path));
    const tensors = namedTensors(header, family, architecture.weights(shape));
    const tokenizerPath = tokenizerOf(path, metadata);
    const hash = createHash("sha256").update(`gguf ${CONVERSION} ${fileBytes}\n`).update(bytes);
    hash.update(tokenizerPath === undefined ? "" : readFileSync(tokenizerPath));
    for (const tensor of tensors.values()) updateWithSamples(hash, file, tensor);
    return { path, metadata, family, shape, config, tensors, tokenizerPath, identity: hash.digest("hex") };
  } catch (error) {
    throw error instanceof GgufError ? failureOf(path, error) : error;
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  if (existsSync(path)) return openSync(path, "r");
  throw new EngineFailure("weights-missing", `There is no file ${path}.`, "Check the path in the model's file.");
}

function readHeader(
  path: string,
  file: number,
  fileBytes: number,
): { readonly header: GgufHeader; readonly bytes: Buffer } {
  for (let length = FIRST_BYTES; ; length *= 4) {
    const bytes = readBytes(file, 0, Math.min(length, fileBytes));
    refuseLfsPointer(path, bytes);
    const header = parseGgufHeader(bytes, fileBytes);
    if (header !== undefined) return { header, bytes: bytes.subarray(0, header.byteLength) };
    if (bytes.length === fileBytes) throw new Error("Internal error: a header that goes on beyond the whole file");
  }
}

function readBytes(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}

function ropeFactors(file: number, { tensors }: GgufHeader): Float32Array | undefined {
  const tensor = tensors.get(ROPE_FACTORS);
  if (tensor === undefined) return undefined;
  const { name, begin, end, format } = tensor;
  if (format.name !== "F32") throw new GgufError(`tensor "${name}" is ${format.name}, not F32`, "unsupported");
  return toFloat32("F32", readBytes(file, begin, end - begin));
}

/** Every tensor that the architecture has, in its shape, and no other: one that is passed over would change the model. */
function namedTensors(
  { tensors }: GgufHeader,
  family: Family,
  weights: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Map<string, GgufTensor> {
  const expected = new Map(weights.map(({ name, shape }) => [name, shape.join(", ")]));
  const named = new Map<string, GgufTensor>();
  for (const tensor of tensors.values()) {
    if (tensor.name === ROPE_FACTORS) continue;
    const name = checkpointName(tensor.name, family);
    const shape = name === undefined ? undefined : expected.get(name);
    if (name === undefined || shape === undefined) {
      throw new GgufError(`tensor "${tensor.name}" is none of ${family.architecture}'s`, "unsupported");
    }
    if (tensor.shape.join(", ") !== shape) {
      throw new GgufError(`tensor "${tensor.name}" is [${tensor.shape.join(", ")}], but the metadata says [${shape}]`);
    }
    named.set(name, tensor);
  }
  for (const [name, shape] of expected) {
    if (!named.has(name)) throw new GgufError(`the tensor that is ${name} [${shape}] is missing`);
  }
  return named;
}

/** The path of a tokenizer.json beside the file; undefined when the file's own can be used. Throws GgufError. */
function tokenizerOf(path: string, metadata: Metadata): string | undefined {
  const beside = join(dirname(path), "tokenizer.json");
  if (existsSync(beside)) return beside;
  cuttingOf(metadata);
  return undefined;
}

function failureOf(path: string, { kind, message }: GgufError): EngineFailure {
  const sentence = `${path}: ${message}.`;
  if (kind === "damaged") {
    return new EngineFailure(
      "weights-damaged",
      sentence,
      "The download may have been cut short: fetch the file again.",
    );
  }
  const hint = message.includes("tokenizer")
    ? "Put the model's own tokenizer.json beside the file: it is used instead."
    : `Tensors of the types ${READ_FORMATS} are read; safetensors in Hugging Face layout are another way.`;
  return new EngineFailure("unsupported-model", sentence, hint);
}
