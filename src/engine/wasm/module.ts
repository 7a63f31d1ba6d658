/**
 * The part of WebAssembly's binary format that a loop over vectors of numbers needs. Codes are those of the WebAssembly
 * Core Specification 2.0, chapter 5 (https://webassembly.github.io/spec/core/binary). An instruction is its bytes.
 */
export type Code = readonly number[];

export const TYPE = { i32: 0x7f, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPE;

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number): Code => [0x21, ...unsigned(index)],
};

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a] as Code,
  lessUnsigned: [0x49] as Code,
};

const ALIGNED_16 = 4;
const V128_AND: Code = simd(0x4e);
export const v128: Readonly<Record<"load" | "store", (offset?: number) => Code>> &
  Readonly<Record<"const" | "shuffle", (bytes: readonly number[]) => Code>> & { readonly and: Code } = {
  load: (offset = 0): Code => simd(0x00, [ALIGNED_16, ...unsigned(offset)]),
  store: (offset = 0): Code => simd(0x0b, [ALIGNED_16, ...unsigned(offset)]),
  const: (bytes: readonly number[]): Code => simd(0x0c, bytes),
  /** Bytes by number: 0 to 15 of the first operand, 16 to 31 of the second. */
  shuffle: (bytes: readonly number[]): Code => simd(0x0d, bytes),
  and: V128_AND,
};
export const i32x4: { readonly shl: Code } = { shl: simd(0xab) };
export const f32x4: { readonly sub: Code } = { sub: simd(0xe5) };
export const f64x2: { readonly promoteLow: Code; readonly add: Code; readonly sub: Code; readonly mul: Code } = {
  promoteLow: simd(0x5f),
  add: simd(0xf0),
  sub: simd(0xf1),
  mul: simd(0xf2),
};

/** Instructions one after the other. */
export function code(...parts: readonly (Code | readonly Code[])[]): Code {
  return parts.flat(2);
}

/** Repeats its body as long as the body leaves a number other than 0 on the stack. */
export function doWhile(body: Code): Code {
  return [0x03, 0x40, ...body, 0x0d, 0x00, 0x0b];
}

const MAGIC_AND_VERSION: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module whose functions return nothing and work on the memory that it imports as `env.memory`. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ params }) => [0x60, ...list(params.map((type) => [TYPE[type]])), 0]);
  const bodies = functions.map(({ locals, body }) => {
    const whole = [...list(locals.map((type) => [1, TYPE[type]])), ...body, 0x0b];
    return [...unsigned(whole.length), ...whole];
  });
  const memory = [...text("env"), ...text("memory"), 0x02, 0x00, 1];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]))),
    ...section(10, list(bodies)),
  ]);
}

function simd(opcode: number, rest: Code = []): Code {
  return [0xfd, ...unsigned(opcode), ...rest];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return list([...Buffer.from(value)].map((byte) => [byte]));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const byte = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
  return done ? [byte] : [byte | 0x80, ...signed(rest)];
}
