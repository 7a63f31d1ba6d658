import * as ort from "onnxruntime-node";
import type { Provider } from "../../domain/engine.ts";
import { inTurn } from "./device-turns.ts";

/** The only door to onnxruntime-node: a session from a graph in memory, and typed tensors for it. */

/** Bytes are truth values. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface Tensor {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

type Turns = typeof inTurn;

export class OnnxSession {
  readonly #session: ort.InferenceSession;
  readonly #turns: Turns;

  private constructor(session: ort.InferenceSession, turns: Turns) {
    this.#session = session;
    this.#turns = turns;
  }

  /**
   * External data is found by its location under `externalRoot`. No `threads` are one a physical core. Why a
   * provider's library was not loaded is not thrown: ONNX Runtime prints it, where its `log` is of errors.
   */
  static async open(
    graph: Uint8Array,
    externalRoot: string,
    provider: Provider = "cpu",
    { log = "fatal", threads = 0 }: { readonly log?: "fatal" | "error"; readonly threads?: number } = {},
  ): Promise<OnnxSession> {
    // The session's level does not reach its kernels: some warn when they are made.
    ort.env.logLevel = log;
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      // What goes wrong is thrown; ONNX Runtime would write it to the terminal as well.
      logSeverityLevel: 4,
      extra: {
        session: {
          model_external_initializers_file_folder_path: externalRoot,
          // Each in memory of its own size: the allocator that grows by doubling would take twice the weights.
          use_device_allocator_for_initializers: "1",
          // A node without a kernel is refused, and does not silently wait for the CPU.
          ...(provider === "webgpu" ? { disable_cpu_ep_fallback: "1" } : {}),
        },
        // Without it, ONNX Runtime repeats the cast of a tensor above 1 GiB at every call.
        optimization: { constant_folding_max_output_size_in_bytes: "0" },
      },
    };
    const turns: Turns = provider === "webgpu" ? inTurn : (work) => work();
    return new OnnxSession(await turns(() => ort.InferenceSession.create(graph, options)), turns);
  }

  /** Runs the graph and returns all of its outputs. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
    const results = await this.#turns(() => this.#session.run(given));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as TensorData, shape: dims }]),
    );
  }

  async close(): Promise<void> {
    await this.#turns(() => this.#session.release());
  }
}

function toOrt({ data, shape }: Tensor): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
  if (data instanceof Uint8Array) return new ort.Tensor("bool", data, shape);
  if (data instanceof Int32Array) return new ort.Tensor("int32", data, shape);
  return new ort.Tensor("int64", data, shape);
}
