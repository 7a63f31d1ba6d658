import { IO } from "../graph/io.ts";
import type { Tensor } from "../onnx/runtime.ts";
import type { Prediction } from "./decoder.ts";

/** What a run of any core's graph returned. */
export function readPrediction(results: Readonly<Record<string, Tensor>>): Prediction {
  const floats = (name: string): Float32Array => results[name]!.data as Float32Array;
  return {
    likeliest: Array.from(results[IO.likeliest]!.data as BigInt64Array, Number),
    logitSums: floats(IO.logitSums),
    logits: floats(IO.logits),
    scores: floats(IO.scores),
    poolMeans: floats(IO.poolMeans),
    poolNorms: floats(IO.poolNorms),
  };
}
