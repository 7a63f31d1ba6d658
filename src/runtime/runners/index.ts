import { availableParallelism } from "node:os";
import type { Experiment } from "../../domain/experiment.ts";
import { visibleGpus } from "../../engine/index.ts";
import { RuntimeFailure } from "../failures.ts";
import { serverOracle } from "../judge/index.ts";
import { LocalRunner, type LocalOptions } from "./local.ts";
import type { TaskRunner } from "./types.ts";
import { WorkerRunner } from "./worker.ts";

/**
 * Where the experiment's tasks run: in this process, or in several, each with a GPU or a part of the CPU of its own.
 * Throws RuntimeFailure `secret-missing` or `provider-missing`.
 */
export function openRunners(experiment: Experiment, options: Omit<LocalOptions, "experiment">): TaskRunner[] {
  const places = placesOf(experiment.engine);
  if (places === undefined || options.execute !== undefined) return [new LocalRunner({ experiment, ...options })];
  const { records, signal, notice } = options;
  // One for all workers: what is paid for once is known to each.
  const oracle = serverOracle(experiment, signal);
  return places.map((place) => new WorkerRunner({ experiment, records, signal, notice, oracle, ...place }));
}

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly threads: number | undefined;
}

/** Undefined for this process. */
function placesOf({ devices, workers }: Experiment["engine"]): Place[] | undefined {
  const gpus = devices === undefined ? [] : gpusOf(devices);
  // One of one needs no process of its own.
  if (gpus.length > 1 || (gpus.length === 1 && devices !== "auto")) {
    return gpus.map((gpu) => ({ env: { CUDA_VISIBLE_DEVICES: gpu }, threads: undefined }));
  }
  if (workers <= 1) return undefined;
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  return Array.from({ length: workers }, () => ({ env: {}, threads }));
}

/** Uuids, which mean the same whatever CUDA_VISIBLE_DEVICES says already. */
function gpusOf(devices: readonly number[] | "auto"): string[] {
  const gpus = visibleGpus();
  if (devices === "auto") return gpus;
  return devices.map((device) => {
    const gpu = gpus[device];
    if (gpu !== undefined) return gpu;
    const there = gpus.length === 0 ? "no GPU" : `GPUs 0 to ${gpus.length - 1}`;
    const hint = "Name those in engine.devices, or leave it out. steerform doctor says what is there.";
    throw new RuntimeFailure(
      "provider-missing",
      `engine.devices names GPU ${device}; this process may use ${there}.`,
      hint,
    );
  });
}
