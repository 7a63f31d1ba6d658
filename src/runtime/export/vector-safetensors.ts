import { encodeSafetensors } from "../../domain/safetensors-encode.ts";
import type { ExportFormat } from "./types.ts";
import { describeSet, vectorSets } from "./vector-sets.ts";

/** A file a vector set: `layer.0` … in fp32, [hidden] each, and what the set is as the file's metadata. */
export const vectorSafetensors: ExportFormat = {
  name: "safetensors",
  summary: "a file a vector set: a tensor a layer, with what the set is as metadata",
  *files(source) {
    for (const set of vectorSets(source)) {
      const tensors = set.directions.map((data, layer) => [`layer.${layer}`, { shape: [data.length], data }] as const);
      yield {
        path: `${set.path}.safetensors`,
        content: encodeSafetensors(Object.fromEntries(tensors), describeSet(set, source)),
      };
    }
  },
};
