import { code, doWhile, f32x4, f64x2, i32, i32x4, local, v128, wasmModule, type Code } from "../wasm/module.ts";

/**
 * What a pair of rows of numbers is summed to, all in fp64: x from the first, y from the second.
 * The order of summation depends on nothing but the rows' length.
 */
export interface ChangeSums {
  /** Σ (y − x) */
  readonly difference: number;
  /** Σ (y − x)² */
  readonly differenceSquares: number;
  /** Σ x² */
  readonly fromSquares: number;
  /** Σ y² */
  readonly toSquares: number;
}

/** Element type of the rows in the kernel's memory. */
export type KernelType = "BF16" | "F32";

/** TypeScript's types of WebAssembly come with those of the DOM, which Node does not have. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, (...pointers: number[]) => void>> };
};

const PAGE_BYTES = 65_536;
/** Bytes of one instruction's operand: every region begins at a multiple. */
const LANES_BYTES = 16;
const SUMS = 4;

/**
 * Sums and differences of rows by WebAssembly, two fp64 lanes at a time: 7 to 15 times as fast as the same loop in
 * JavaScript, and as fast as the rows can be read (see docs/decisions/weight-analysis.md).
 */
export class ChangeKernel {
  /** Where rows are put before they are summed. */
  readonly from: Uint8Array<ArrayBuffer>;
  readonly to: Uint8Array<ArrayBuffer>;
  /** Where differences are put. */
  readonly differences: Float32Array<ArrayBuffer>;
  readonly #sums: Float64Array;
  readonly #run: Readonly<Record<string, (...pointers: number[]) => void>>;

  /** Regions of `bytes` each; the differences' region holds one fp32 for each element, also of a bf16. */
  constructor(bytes: number) {
    const region = Math.ceil(bytes / LANES_BYTES + 1) * LANES_BYTES;
    const sumsBytes = SUMS * LANES_BYTES;
    const memory = new WebAssembly.Memory({ initial: Math.ceil((sumsBytes + 4 * region) / PAGE_BYTES) });
    this.#sums = new Float64Array(memory.buffer, 0, SUMS * 2);
    this.from = new Uint8Array(memory.buffer, sumsBytes, region);
    this.to = new Uint8Array(memory.buffer, sumsBytes + region, region);
    this.differences = new Float32Array(memory.buffer, sumsBytes + 2 * region, region / 2);
    this.#run = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { env: { memory } }).exports;
  }

  /**
   * Sums `byteLength` bytes that begin at byte `at` of both regions. Where that is no multiple of 16, the bytes up to the
   * next one must be zero. With `keep`, the differences are written as well, from the first element of their region.
   */
  sum(type: KernelType, at: number, byteLength: number, keep: boolean): ChangeSums {
    if (byteLength === 0) return { difference: 0, differenceSquares: 0, fromSquares: 0, toSquares: 0 };
    const from = this.from.byteOffset + at;
    const run = this.#run[nameOf(type, keep)];
    if (run === undefined) throw new Error("Internal error: the kernel has no such function");
    run(from, this.to.byteOffset + at, from + byteLength, this.differences.byteOffset);
    const lanes = (sum: number): number => this.#sums[2 * sum]! + this.#sums[2 * sum + 1]!;
    return { difference: lanes(0), differenceSquares: lanes(1), fromSquares: lanes(2), toSquares: lanes(3) };
  }
}

let compiled: Uint8Array | undefined;
function moduleBytes(): Uint8Array {
  compiled ??= wasmModule(
    (["BF16", "F32"] as const).flatMap((type) =>
      [false, true].map((keep) => ({
        name: nameOf(type, keep),
        params: ["i32", "i32", "i32", "i32"] as const,
        locals: Array.from({ length: LOCALS }, () => "v128" as const),
        body: rowBody(type, keep),
      })),
    ),
  );
  return compiled;
}

function nameOf(type: KernelType, keep: boolean): string {
  return `${type}${keep ? " keep" : ""}`;
}

// The functions' parameters: pointers. Then their locals.
const [FROM, TO, END, KEPT] = [0, 1, 2, 3];
/** 16 bytes as they lie in memory. */
const [STORED_X, STORED_Y] = [4, 5];
/** Four fp32. */
const [X, Y] = [6, 7];
/** Two fp64. */
const [WIDE_X, WIDE_Y] = [8, 9];
/** Two sets of sums, two fp64 each, so that an addition need not wait for the last. */
const SETS = [10, 10 + SUMS] as const;
const LOCALS = 10 + 2 * SUMS - STORED_X;

const HIGH_HALF = v128.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
const LOW_PAIRS = v128.shuffle([0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]);
const HIGH_PAIRS = v128.shuffle([8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]);
const UPPER_HALVES = v128.const([0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255]);

/** A function that goes through a row, 16 bytes of each side at a time. */
function rowBody(type: KernelType, keep: boolean): Code {
  const step = code(
    assign(STORED_X, local.get(FROM), v128.load()),
    assign(STORED_Y, local.get(TO), v128.load()),
    type === "F32" ? floats(keep) : brainFloats(keep),
    advance(TO),
    advance(FROM),
    [local.get(FROM), local.get(END), i32.lessUnsigned],
  );
  const store = Array.from({ length: SUMS }, (_, sum) =>
    code(
      i32.const(0),
      SETS.map((set) => local.get(set + sum)),
      f64x2.add,
      v128.store(LANES_BYTES * sum),
    ),
  );
  return code(doWhile(step), store);
}

/** Four fp32 of each side. */
function floats(keep: boolean): Code {
  const add = code(assign(X, local.get(STORED_X)), assign(Y, local.get(STORED_Y)), addFour());
  if (!keep) return add;
  return code(add, local.get(KEPT), local.get(STORED_Y), local.get(STORED_X), f32x4.sub, v128.store(), advance(KEPT));
}

/**
 * Eight bf16 of each side. A bf16 is the upper half of an fp32: those at odd places lie there already, those at even
 * places are shifted.
 */
function brainFloats(keep: boolean): Code {
  const even = (from: number): Code => code(local.get(from), i32.const(16), i32x4.shl);
  const odd = (from: number): Code => code(local.get(from), UPPER_HALVES, v128.and);
  const add = [even, odd].map((four) => code(assign(X, four(STORED_X)), assign(Y, four(STORED_Y)), addFour()));
  if (!keep) return code(add);
  const store = [LOW_PAIRS, HIGH_PAIRS].map((pairs) =>
    code(local.get(KEPT), local.get(X), local.get(Y), pairs, v128.store(), advance(KEPT)),
  );
  return code(
    add,
    assign(X, even(STORED_Y), even(STORED_X), f32x4.sub),
    assign(Y, odd(STORED_Y), odd(STORED_X), f32x4.sub),
    store,
  );
}

/** Adds X and Y to the sums, the first two fp32 to one set, the others to the other. */
function addFour(): Code {
  const add = (sum: number, term: Code): Code => assign(sum, local.get(sum), term, f64x2.add);
  const square = (value: number): Code => code(local.get(value), local.get(value), f64x2.mul);
  return code(
    SETS.map((first, half) => {
      const chosen = (four: number): Code => (half === 0 ? [] : code(local.get(four), HIGH_HALF));
      return code(
        assign(WIDE_X, local.get(X), chosen(X), f64x2.promoteLow),
        assign(WIDE_Y, local.get(Y), chosen(Y), f64x2.promoteLow),
        add(first + 2, square(WIDE_X)),
        add(first + 3, square(WIDE_Y)),
        assign(WIDE_Y, local.get(WIDE_Y), local.get(WIDE_X), f64x2.sub),
        add(first, local.get(WIDE_Y)),
        add(first + 1, square(WIDE_Y)),
      );
    }),
  );
}

function assign(target: number, ...value: readonly Code[]): Code {
  return code(...value, local.set(target));
}

function advance(pointer: number): Code {
  return assign(pointer, local.get(pointer), i32.const(LANES_BYTES), i32.add);
}
