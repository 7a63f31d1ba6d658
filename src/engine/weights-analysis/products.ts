import type { MatrixProducts } from "../../math/leading-directions.ts";
import { GraphBuilder } from "../onnx/graph-builder.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";

/** Multiplications of one step's blocks are at most so many, so that a run ends soon after it is asked to. */
const MULTIPLICATIONS = 1e10;
const MAX_BLOCK = 1024;

/** Products with matrices that change from call to call, by ONNX Runtime. */
export class Products {
  readonly #left: OnnxSession;
  readonly #leftSquares: OnnxSession;
  readonly #right: OnnxSession;

  private constructor(left: OnnxSession, leftSquares: OnnxSession, right: OnnxSession) {
    this.#left = left;
    this.#leftSquares = leftSquares;
    this.#right = right;
  }

  static async open(): Promise<Products> {
    const [left, leftSquares, right] = [leftGraph(false), leftGraph(true), rightGraph()].map((graph) =>
      OnnxSession.open(graph, "/"),
    ) as [Promise<OnnxSession>, Promise<OnnxSession>, Promise<OnnxSession>];
    return new Products(await left, await leftSquares, await right);
  }

  /** x [count, rows] · A [rows, columns] */
  left(x: Float32Array, a: Tensor): Promise<Float32Array> {
    return run(this.#left, x, a, 0);
  }

  /** z [count, columns] · A [rows, columns] transposed */
  right(z: Float32Array, a: Tensor): Promise<Float32Array> {
    return run(this.#right, z, a, 1);
  }

  /** ‖xᵢ · A‖² of every row of x [count, rows]: [count] */
  async leftSquares(x: Float32Array, a: Tensor): Promise<Float32Array> {
    const [rows = 0, columns = 0] = a.shape;
    const block = Math.max(1, Math.min(MAX_BLOCK, Math.floor(MULTIPLICATIONS / (rows * columns))));
    const squares = new Float32Array(x.length / rows);
    for (let first = 0; first < squares.length; first += block) {
      squares.set(await run(this.#leftSquares, x.subarray(first * rows, (first + block) * rows), a, 0), first);
    }
    return squares;
  }

  of(a: Tensor): MatrixProducts {
    const [rows = 0, columns = 0] = a.shape;
    return { rows, columns, fromLeft: (x) => this.left(x, a), fromRight: (z) => this.right(z, a) };
  }
}

async function run(session: OnnxSession, x: Float32Array, a: Tensor, axis: 0 | 1): Promise<Float32Array> {
  const width = a.shape[axis] ?? 0;
  const { product } = await session.run({ x: { data: x, shape: [x.length / width, width] }, a });
  return product?.data as Float32Array;
}

function leftGraph(squared: boolean): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["count", "rows"]);
  const a = graph.input("a", "float32", ["rows", "columns"]);
  const product = graph.node("MatMul", [x, a], squared ? "image" : "product");
  if (squared) {
    const attributes = { keepdims: { int: 0 } };
    graph.node("ReduceSumSquare", [product, graph.integers([1])], "product", { attributes });
  }
  graph.output("product", "float32", squared ? ["count"] : ["count", "columns"]);
  return graph.finish();
}

function rightGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["count", "columns"]);
  const a = graph.input("a", "float32", ["rows", "columns"]);
  graph.node("Gemm", [x, a], "product", { attributes: { transB: { int: 1 } } });
  graph.output("product", "float32", ["count", "rows"]);
  return graph.finish();
}
