import { copyFile, mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { safetensorsHeader } from "../../domain/safetensors-encode.ts";
import type { JsonObject } from "../../util/json.ts";
import { changeOf, storedAs, storedBytes } from "./change.ts";
import { generationConfigJson } from "./config.ts";
import { readGguf, type GgufModel } from "./model.ts";
import { tokenizerConfigJson, tokenizerJson } from "./tokenizer-json.ts";

/** Numbers that are in memory at a time, unless a row or a head alone has more. */
const CHUNK_ELEMENTS = 1 << 20;

export interface ConversionOptions {
  /** Bytes of the GGUF file that have been read, and have to be. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the checkpoint of a GGUF file, in Hugging Face layout, into a folder that is not there yet. Each tensor is read,
 * dequantized and written in pieces; every file is synced. Rejects with EngineFailure, the signal's reason or an error of the
 * file system.
 */
export async function convertGguf(path: string, folder: string, options: ConversionOptions = {}): Promise<void> {
  const model = readGguf(path);
  const { metadata, config, tokenizerPath } = model;
  await mkdir(folder);
  const write = (name: string, json: JsonObject): Promise<void> =>
    writeSynced(join(folder, name), (file) => file.writeFile(`${JSON.stringify(json, null, 2)}\n`));
  await writeSynced(join(folder, "model.safetensors"), (file) => writeTensors(model, file, options));
  if (tokenizerPath === undefined) await write("tokenizer.json", tokenizerJson(metadata));
  else await copyFile(tokenizerPath, join(folder, "tokenizer.json"));
  await write("tokenizer_config.json", tokenizerConfigJson(metadata));
  await write("generation_config.json", generationConfigJson(metadata));
  await write("config.json", config);
}

async function writeTensors(model: GgufModel, output: FileHandle, options: ConversionOptions): Promise<void> {
  const tensors = [...model.tensors].map(([name, tensor]) => ({ name, tensor, change: changeOf(name, model) }));
  await output.writeFile(
    safetensorsHeader(
      tensors.map(({ name, tensor, change }) => ({ name, shape: tensor.shape, dtype: storedAs(tensor, change) })),
    ),
  );
  const total = tensors.reduce((sum, { tensor }) => sum + tensor.end - tensor.begin, 0);
  let done = 0;
  const input = await open(model.path, "r");
  try {
    for (const { tensor, change } of tensors) {
      const { shape, format, begin, end } = tensor;
      const columns = shape.at(-1) ?? 1;
      const rows = Math.max(Math.floor(CHUNK_ELEMENTS / columns / change.headRows), 1) * change.headRows;
      const chunk = Buffer.alloc(Math.min(((rows * columns) / format.blockElements) * format.blockBytes, end - begin));
      for (let at = begin; at < end; at += chunk.length) {
        options.signal?.throwIfAborted();
        const bytes = chunk.subarray(0, end - at);
        await input.read(bytes, 0, bytes.length, at);
        await output.writeFile(storedBytes(bytes, tensor, change));
        options.onProgress?.((done += bytes.length), total);
      }
    }
  } finally {
    await input.close();
  }
}

async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, "wx");
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
