import type { WeightsTask } from "../../domain/task.ts";
import { WeightAligner, WRITERS, type WeightPair } from "../../engine/index.ts";
import { randomDirection } from "../../methods/random.ts";
import type { JsonObject } from "../../util/json.ts";
import type { TaskContext } from "./context.ts";
import { alignmentTables } from "./weights-alignment-tables.ts";
import { summariseLayer, type LayerSummary } from "./weights-alignment-layer.ts";
import { nameOf, vectorSetsOf, watchOf } from "./weights-document.ts";

/** How every vector lies to what changed in its layer, beside random directions. Rejects with EngineFailure. */
export async function alignmentDocument(
  task: WeightsTask,
  pair: WeightPair,
  context: TaskContext,
): Promise<JsonObject> {
  const { nullDirections, nullSeed } = task.params;
  const { layers, hiddenSize } = pair;
  const sets = vectorSetsOf(task, pair, context);
  // [vector sets and null, hidden]: the vectors change from layer to layer, the null does not.
  const ofNull = new Float32Array((sets.length + nullDirections) * hiddenSize);
  for (let index = 0; index < nullDirections; index++) {
    ofNull.set(randomDirection(`${nullSeed}/${index}`, hiddenSize), (sets.length + index) * hiddenSize);
  }
  const { signal, onTensor } = watchOf(layers * WRITERS.length, context);
  const aligner = new WeightAligner(pair, signal);
  try {
    const summaries = Array.from<LayerSummary>({ length: layers });
    const waiting = summaries.keys();
    const alignNext = async (): Promise<void> => {
      const directions = ofNull.slice();
      for (const layer of waiting) {
        summaries[layer] = await context.step(`layer ${layer}`, async () => {
          for (const [index, { vectors }] of sets.entries()) directions.set(vectors[layer]!, index * hiddenSize);
          return summariseLayer(await aligner.layer(layer, directions), sets.length);
        });
        for (const writer of WRITERS) onTensor(writer);
      }
    };
    await Promise.all(Array.from({ length: aligner.threads }, alignNext));
    return alignmentTables(task.params, summaries, sets.map(nameOf));
  } finally {
    await aligner.close();
  }
}
