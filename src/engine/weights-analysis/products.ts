import type { MatrixProducts } from "../../math/leading-directions.ts";
import { GraphBuilder } from "../onnx/graph-builder.ts";
import { OnnxSession, type Tensor } from "../onnx/runtime.ts";
import { neverStopped, type CheckStop } from "./stop.ts";

/** A run is of at most so many multiplications: it cannot be stopped, and has to end soon after it is asked to. */
export const MULTIPLICATIONS = 1e10;
const MAX_BLOCK = 1024;

/** Products with matrices that change from call to call, by ONNX Runtime. */
export class Products {
  readonly #sessions: Readonly<Record<"left" | "leftSquares" | "right", OnnxSession>>;
  readonly #checkStop: CheckStop;

  private constructor(sessions: Readonly<Record<"left" | "leftSquares" | "right", OnnxSession>>, checkStop: CheckStop) {
    this.#sessions = sessions;
    this.#checkStop = checkStop;
  }

  static async open(checkStop: CheckStop = neverStopped): Promise<Products> {
    const open = (graph: Uint8Array): Promise<OnnxSession> => OnnxSession.open(graph, "/");
    const [left, leftSquares, right] = await Promise.all([
      open(leftGraph(false)),
      open(leftGraph(true)),
      open(rightGraph()),
    ]);
    return new Products({ left, leftSquares, right }, checkStop);
  }

  /** x [count, rows] · A [rows, columns] */
  left(x: Float32Array, a: Tensor): Promise<Float32Array> {
    return this.#run("left", x, a, 0);
  }

  /** z [count, columns] · A [rows, columns] transposed */
  right(z: Float32Array, a: Tensor): Promise<Float32Array> {
    return this.#run("right", z, a, 1);
  }

  /** ‖xᵢ · A‖² of every row of x [count, rows]: [count] */
  async leftSquares(x: Float32Array, a: Tensor): Promise<Float32Array> {
    const [rows = 0, columns = 0] = a.shape;
    const block = Math.max(1, Math.min(MAX_BLOCK, Math.floor(MULTIPLICATIONS / (rows * columns))));
    const squares = new Float32Array(x.length / rows);
    for (let first = 0; first < squares.length; first += block) {
      squares.set(await this.#run("leftSquares", x.subarray(first * rows, (first + block) * rows), a, 0), first);
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

  async #run(name: "left" | "leftSquares" | "right", x: Float32Array, a: Tensor, axis: 0 | 1): Promise<Float32Array> {
    this.#checkStop();
    const width = a.shape[axis] ?? 0;
    const { product } = await this.#sessions[name].run({ x: { data: x, shape: [x.length / width, width] }, a });
    return product?.data as Float32Array;
  }
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
