/** A metadata value that a GGUF file is built with: texts and lists of texts, or a number with its type. */
type Value =
  | string
  | readonly string[]
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly raw: Buffer };

export interface TensorToBuild {
  /** As the file has it: innermost first. */
  readonly dimensions: readonly (number | bigint)[];
  /** ggml's number of the type; 0: F32. */
  readonly type?: number;
  /** Zeros when left out, four bytes a number. */
  readonly data?: Uint8Array;
  /** Where the file says that the data is; where it is when left out. */
  readonly offset?: number | bigint;
}

export interface GgufToBuild {
  readonly magic?: string;
  readonly version?: number;
  readonly metadata: Readonly<Record<string, Value>>;
  readonly tensors: Readonly<Record<string, TensorToBuild>>;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const ggufText = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

/** A GGUF file, right or as wrong as the test says. */
export function buildGguf({ magic = "GGUF", version = 3, metadata, tensors }: GgufToBuild): Buffer {
  const alignment = metadata["general.alignment"];
  const multiple = typeof alignment === "object" && "u32" in alignment && alignment.u32 > 0 ? alignment.u32 : 32;
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & (multiple - 1))]);
  let offset = 0;
  const data: Buffer[] = [];
  const infos = Object.entries(tensors).map(([name, tensor]) => {
    const elements = tensor.dimensions.reduce<number>((product, size) => product * Number(size), 1);
    const bytes = pad(Buffer.from(tensor.data ?? Buffer.alloc(Math.min(4 * elements, 1 << 20))));
    const info = [
      ggufText(name),
      u32(tensor.dimensions.length),
      ...tensor.dimensions.map(u64),
      u32(tensor.type ?? 0),
      u64(tensor.offset ?? offset),
    ];
    offset += bytes.length;
    data.push(bytes);
    return Buffer.concat(info);
  });
  const entries = Object.entries(metadata).map(([key, value]) => Buffer.concat([ggufText(key), encode(value)]));
  const counts = [u64(infos.length), u64(entries.length)];
  const header = Buffer.concat([Buffer.from(magic), u32(version), ...counts, ...entries, ...infos]);
  return Buffer.concat([pad(header), ...data]);
}

function encode(value: Value): Buffer {
  if (typeof value === "string") return Buffer.concat([u32(8), ggufText(value)]);
  if ("raw" in value) return value.raw;
  if ("u32" in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ("f32" in value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.f32);
    return Buffer.concat([u32(6), bytes]);
  }
  return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(ggufText)]);
}

/** Metadata and tensors of a Llama of one layer, 32 numbers wide, with two tokens. */
export const SMALL: { readonly metadata: GgufToBuild["metadata"]; readonly tensors: GgufToBuild["tensors"] } = {
  metadata: {
    "general.architecture": "llama",
    "llama.block_count": { u32: 1 },
    "llama.context_length": { u32: 64 },
    "llama.embedding_length": { u32: 32 },
    "llama.feed_forward_length": { u32: 32 },
    "llama.attention.head_count": { u32: 2 },
    "llama.attention.layer_norm_rms_epsilon": { f32: 1e-5 },
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["a", "b"],
    "tokenizer.ggml.merges": [],
  },
  tensors: Object.fromEntries(
    [
      "token_embd",
      "output_norm",
      "blk.0.attn_norm",
      "blk.0.attn_q",
      "blk.0.attn_k",
      "blk.0.attn_v",
      "blk.0.attn_output",
      "blk.0.ffn_norm",
      "blk.0.ffn_gate",
      "blk.0.ffn_up",
      "blk.0.ffn_down",
    ].map((name) => {
      const dimensions = name.endsWith("norm") ? [32] : name === "token_embd" ? [32, 2] : [32, 32];
      return [`${name}.weight`, { dimensions }];
    }),
  ),
};
