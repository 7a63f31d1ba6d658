import type { Experiment } from "../../domain/experiment.ts";
import type { PlannedTask } from "../../domain/state.ts";
import type { Task } from "../../domain/task.ts";
import { SafetensorsError } from "../../domain/safetensors.ts";
import { writeOutputs, type Content } from "../files.ts";
import { machineProvenance, peakMemoryBytes } from "../provenance.ts";
import type { StateStore } from "../state.ts";
import { variantOf } from "../tasks/context.ts";
import { toolVersion } from "../tool-version.ts";
import { TorchFileError } from "../torch/tensor.ts";
import { tensorTrouble } from "../verify.ts";
import type { ImportFolder } from "./folder.ts";
import { vectorsMetadata } from "./foreign-metadata.ts";
import { fromTorch, Unfit, vectorsFromLayers } from "./tensors.ts";

/** What became of one task. */
export type Import =
  | { readonly id: string; readonly outcome: "imported" }
  /** The folder has nothing of it. */
  | { readonly id: string; readonly outcome: "absent" }
  /** `why` is a clause. */
  | { readonly id: string; readonly outcome: "refused"; readonly why: string };

/**
 * Takes over from a folder what `todo` would make, and records it: its files are written first, then the state, task by task.
 * A folder that says what its artifacts were made from is held to it; of one that does not, vectors alone are taken.
 */
export async function* importTasks(
  todo: readonly PlannedTask[],
  folder: ImportFolder,
  { experiment, state }: { readonly experiment: Experiment; readonly state: StateStore },
): AsyncGenerator<Import> {
  const { projectDir } = experiment;
  const provenance = { run: "import", ...machineProvenance(projectDir), imported_from: folder.path };
  for (const { id, task, fingerprint, digest } of todo) {
    const files = contentOf(task, digest, folder, experiment);
    if (!Array.isArray(files)) {
      yield { id, ...files };
      continue;
    }
    state.forget(id);
    const outputs = await writeOutputs(experiment.folder, files);
    const durationMs = folder.manifest?.tasks[id]?.duration_ms ?? 0;
    const made = { finishedAt: new Date().toISOString(), toolVersion: toolVersion() };
    const peak = { ...provenance, peak_memory_bytes: peakMemoryBytes() };
    await state.record({ id, fingerprint, digest, outputs, durationMs, ...made, provenance: peak });
    yield { id, outcome: "imported" };
  }
}

type Nothing = { readonly outcome: "absent" } | { readonly outcome: "refused"; readonly why: string };

/** The task's files, in its order. */
function contentOf(
  task: Task,
  digest: string,
  folder: ImportFolder,
  experiment: Experiment,
): [path: string, content: Content][] | Nothing {
  const { manifest } = folder;
  const exported = manifest?.tasks[task.id];
  if (manifest === undefined ? task.kind !== "vectors" : exported === undefined) return { outcome: "absent" };
  if (exported !== undefined && exported.digest !== digest) {
    return { outcome: "refused", why: "was made from other parameters, data or weights" };
  }
  try {
    const files: [string, Content][] = [];
    for (const path of task.outputs) {
      const content = fileOf(task, path, folder, experiment);
      if (content === undefined && files.length === 0) return { outcome: "absent" };
      if (content === undefined) return { outcome: "refused", why: `there is no ${path}` };
      const trouble = path.endsWith(".safetensors") ? tensorTrouble(content as Uint8Array) : undefined;
      if (trouble !== undefined) return { outcome: "refused", why: `${path} ${trouble}` };
      files.push([path, content]);
    }
    return files;
  } catch (error) {
    if (error instanceof Unfit || error instanceof SafetensorsError || error instanceof TorchFileError) {
      return { outcome: "refused", why: error.message };
    }
    throw error;
  }
}

function fileOf(task: Task, path: string, folder: ImportFolder, experiment: Experiment): Content | undefined {
  if (task.kind === "vectors") {
    const variant = variantOf(experiment, task.params.variant);
    if (path.endsWith(".safetensors")) return folder.read(path) ?? vectorsFromLayers(path, variant, folder);
    if (folder.manifest === undefined) return vectorsMetadata(task, variant, folder.read(path));
  }
  return folder.read(path) ?? (path.endsWith(".safetensors") ? fromTorch(task, path, folder) : undefined);
}
