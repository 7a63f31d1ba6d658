import type { ExportFormat } from "./types.ts";
import { describeSet, vectorSets } from "./vector-sets.ts";

/**
 * llama.cpp's control vectors: a GGUF file a vector set, `direction.L` of norm 1 for what is added to the output of block L,
 * counted from 0 as everywhere here. The format has no direction of block 0, since llama.cpp steers none there.
 *
 * Sources: ggml's docs/gguf.md; `common_control_vector_load` and `llama_adapter_cvec` of llama.cpp.
 */
export const controlVectors: ExportFormat = {
  name: "gguf",
  summary: "control vectors for llama.cpp, a file a vector set, of every layer but the first",
  *files(source) {
    for (const set of vectorSets(source)) {
      const texts = Object.entries(describeSet(set, source)).map(([key, text]) => [`steerform.${key}`, text] as const);
      const metadata: (readonly [string, string | number])[] = [
        ["general.architecture", "controlvector"],
        ["general.name", set.task.id],
        ["controlvector.layer_count", set.directions.length - 1],
        ...texts,
      ];
      yield { path: `${set.path}.gguf`, content: ggufOf(metadata, set.directions) };
    }
  },
};

const VERSION = 3;
const TYPE = { u32: 4, text: 8 } as const;
const F32 = 0;
const ALIGNMENT = 32;

function ggufOf(
  metadata: readonly (readonly [string, string | number])[],
  directions: readonly Float32Array[],
): Buffer {
  const [, ...steered] = directions;
  const entries = metadata.map(([key, value]) =>
    typeof value === "string"
      ? Buffer.concat([textOf(key), u32(TYPE.text), textOf(value)])
      : Buffer.concat([textOf(key), u32(TYPE.u32), u32(value)]),
  );
  const data = steered.map((direction) =>
    aligned(Buffer.from(direction.buffer, direction.byteOffset, direction.byteLength)),
  );
  let offset = 0;
  const infos = data.map((bytes, index) => {
    const size = steered[index]?.length ?? 0;
    const info = [textOf(`direction.${index + 1}`), u32(1), u64(size), u32(F32), u64(offset)];
    offset += bytes.length;
    return Buffer.concat(info);
  });
  const counts = [u64(infos.length), u64(entries.length)];
  const header = Buffer.concat([Buffer.from("GGUF"), u32(VERSION), ...counts, ...entries, ...infos]);
  return Buffer.concat([aligned(header), ...data]);
}

function aligned(bytes: Buffer): Buffer {
  const rest = bytes.length % ALIGNMENT;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(ALIGNMENT - rest)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function textOf(text: string): Buffer {
  return Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);
}
