import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import { RuntimeFailure } from "./failures.ts";
import { outputPath } from "./tasks/context.ts";
import type { VectorsMetadata } from "./tasks/vectors.ts";

/** What is known of the vector sets that are there, in the plan's order. Throws RuntimeFailure `artifact-damaged`. */
export function readVectorSets({ folder, tasks }: Experiment): VectorsMetadata[] {
  return tasks.flatMap((task): VectorsMetadata[] => {
    if (task.kind !== "vectors") return [];
    const path = join(folder, outputPath(task, "metadata.json"));
    return existsSync(path) ? [parse(path)] : [];
  });
}

function parse(path: string): VectorsMetadata {
  try {
    const metadata: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof metadata === "object" && metadata !== null && "layers" in metadata) return metadata as VectorsMetadata;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure("artifact-damaged", `${path} is damaged.`, "Delete it and apply again.");
}
