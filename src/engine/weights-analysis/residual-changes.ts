import { WRITERS, writerOf, type WeightPair } from "./pair.ts";
import { readChanges, type Watch } from "./read-changes.ts";

/**
 * Δ_residual of every layer, each [hidden]: the mean over the inputs of ΔW_o plus that of ΔW_down, which is the change of
 * what they write for an input of ones, divided by its length. Rejects with EngineFailure.
 */
export async function residualChanges(pair: WeightPair, watch: Watch = {}): Promise<Float64Array[]> {
  const layers = Array.from({ length: pair.layers }, (_, layer) => layer);
  const matrices = layers.flatMap((layer) => WRITERS.map((writer) => writerOf(pair, layer, writer)));
  const changes = await readChanges(matrices, watch);
  return layers.map((layer) => {
    const [first, ...others] = changes.slice(layer * WRITERS.length, (layer + 1) * WRITERS.length);
    return others.reduce(
      (sum, { rowMeans }) => sum.map((value, i) => value + rowMeans[i]!),
      first?.rowMeans ?? new Float64Array(pair.hiddenSize),
    );
  });
}
