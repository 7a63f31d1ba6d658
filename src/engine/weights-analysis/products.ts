import type { MatrixProducts } from "../../math/leading-directions.ts";
import { GraphBuilder } from "../onnx/graph-builder.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import { neverStopped, type CheckStop } from "./stop.ts";

/** A run is of at most so many multiplications: it cannot be stopped, and has to end soon after it is asked to. */
export const MULTIPLICATIONS = 1e10;
const MAX_BLOCK = 1024;

/** Products with matrices that change from call to call, by ONNX Runtime. */
export class Products {
  readonly #sessions: Readonly<Record<Product, OnnxSession>>;
  readonly #checkStop: CheckStop;

  private constructor(sessions: Readonly<Record<Product, OnnxSession>>, checkStop: CheckStop) {
    this.#sessions = sessions;
    this.#checkStop = checkStop;
  }

  /** A run takes so many threads; 0: one a core. */
  static async open(checkStop: CheckStop = neverStopped, threads = 0): Promise<Products> {
    const open = async (product: Product) =>
      [product, await OnnxSession.open(GRAPHS[product](), "/", "cpu", { threads })] as const;
    const sessions = Object.fromEntries(await Promise.all(PRODUCTS.map(open)));
    return new Products(sessions as Record<Product, OnnxSession>, checkStop);
  }

  /** x [count, rows] · A [rows, columns] */
  async left(x: Float32Array, a: Tensor): Promise<Float32Array> {
    const [rows = 0] = a.shape;
    return this.#run("left", x, [x.length / rows, rows], a);
  }

  /** z [count, columns] · A [rows, columns] transposed */
  async right(z: Float32Array, a: Tensor): Promise<Float32Array> {
    const [rows = 0, columns = 0] = a.shape;
    const count = z.length / columns;
    return transposed(await this.#run("right", z, [count, columns], a), rows, count);
  }

  /** z [count, columns] · A [rows, columns] transposed, for a count that is not small. */
  logits(z: Float32Array, a: Tensor): Promise<Float32Array> {
    const [, columns = 0] = a.shape;
    return this.#run("logits", z, [z.length / columns, columns], a);
  }

  /** ‖xᵢ · A‖² of every row of x [count, rows]: [count] */
  async leftSquares(x: Float32Array, a: Tensor): Promise<Float32Array> {
    const [rows = 0, columns = 0] = a.shape;
    const block = Math.max(1, Math.min(MAX_BLOCK, Math.floor(MULTIPLICATIONS / (rows * columns))));
    const squares = new Float32Array(x.length / rows);
    for (let first = 0; first < squares.length; first += block) {
      const some = x.subarray(first * rows, (first + block) * rows);
      squares.set(await this.#run("leftSquares", some, [some.length / rows, rows], a), first);
    }
    return squares;
  }

  of(a: Tensor): MatrixProducts {
    const [rows = 0, columns = 0] = a.shape;
    return { rows, columns, fromLeft: (x) => this.left(x, a), fromRight: (z) => this.right(z, a) };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session) => session.close()));
  }

  async #run(name: Product, x: Float32Array, shape: readonly number[], a: Tensor): Promise<Float32Array> {
    this.#checkStop();
    const { product } = await this.#sessions[name].run({ x: { data: x, shape }, a });
    return product?.data as Float32Array;
  }
}

const PRODUCTS = ["left", "right", "logits", "leftSquares"] as const;
type Product = (typeof PRODUCTS)[number];

/**
 * Of few vectors, ONNX Runtime multiplies a large matrix that is on the left, as it lies, up to three times as fast as one
 * that is on the right or transposed: it copies that into an order of its own first.
 */
const GRAPHS: Readonly<Record<Product, () => Uint8Array>> = {
  left: () => gemmGraph("x", "a", {}),
  right: () => gemmGraph("a", "x", { transB: { int: 1 } }),
  logits: () => gemmGraph("x", "a", { transB: { int: 1 } }),
  leftSquares: squaresGraph,
};

function gemmGraph(first: string, second: string, attributes: Readonly<Record<string, { int: number }>>): Uint8Array {
  const graph = new GraphBuilder();
  for (const name of [first, second]) graph.input(name, "float32", [`${name}_rows`, `${name}_columns`]);
  graph.node("Gemm", [first, second], "product", { attributes });
  graph.output("product", "float32", ["rows", "columns"]);
  return graph.finish();
}

function squaresGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["count", "rows"]);
  const a = graph.input("a", "float32", ["rows", "columns"]);
  const image = graph.node("MatMul", [x, a], "image");
  const attributes = { keepdims: { int: 0 } };
  graph.node("ReduceSumSquare", [image, graph.integers([1])], "product", { attributes });
  graph.output("product", "float32", ["count"]);
  return graph.finish();
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column]!;
  }
  return turned;
}
