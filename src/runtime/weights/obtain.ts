import { existsSync, statSync } from "node:fs";
import { isAbsolute, relative } from "node:path";
import type { Experiment } from "../../domain/experiment.ts";
import type { WeightsLocation } from "../../domain/weights.ts";
import type { Emit, WeightsWork } from "../events.ts";
import { Interrupted } from "../failures.ts";
import { convertWeights } from "./convert.ts";
import { downloadSnapshot, missingBytes } from "./download.ts";
import { hubAccess } from "./hub-access.ts";
import { hubCache, type Environment } from "./hub-cache.ts";
import type { Hub } from "./hub-request.ts";

/** Weights that a run needs and that are not ready: what has to be done for them. */
export interface WeightsJob {
  readonly doing: WeightsWork;
  /** `hf://<org>/<name>`, or the GGUF file. */
  readonly name: string;
  /** To download, or to read. */
  readonly bytes: number;
  /** Where they will be. */
  readonly into: string;
  run(report: JobReport): Promise<void>;
}

interface JobReport {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
  /** What it waits for. */
  readonly onNote: (note: string) => void;
}

/** What has to be done before an experiment's models can be loaded; the hub is asked how much. Rejects with RuntimeFailure. */
export async function weightsToObtain(
  { variants, projectDir }: Experiment,
  signal: AbortSignal,
  env: Environment = process.env,
): Promise<WeightsJob[]> {
  const jobs = new Map<string, WeightsJob>();
  for (const { weightsLocation: location, weightsDir, weightsDigest } of variants.values()) {
    const key = JSON.stringify(location);
    if (location === undefined || jobs.has(key)) continue;
    if (location.kind === "gguf" && !existsSync(weightsDir)) {
      jobs.set(key, conversion(location.path, weightsDir, projectDir));
    }
    if (location.kind === "hub" && weightsDigest === undefined) jobs.set(key, await download(location, signal, env));
  }
  return [...jobs.values()];
}

function conversion(path: string, folder: string, projectDir: string): WeightsJob {
  return {
    doing: "convert",
    name: inProject(path, projectDir),
    bytes: statSync(path).size,
    into: inProject(folder, projectDir),
    run: ({ signal, onProgress, onNote }) =>
      convertWeights(path, folder, signal, onProgress, (owner) => onNote(`waiting for ${owner}`)),
  };
}

function inProject(path: string, projectDir: string): string {
  const inside = relative(projectDir, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

async function download(
  wanted: Extract<WeightsLocation, { readonly kind: "hub" }>,
  signal: AbortSignal,
  env: Environment,
): Promise<WeightsJob> {
  // Its client takes a while to load, and most runs have their weights.
  const { listSnapshot } = await import("./hub-listing.ts");
  const hub: Hub = { access: hubAccess(env), wanted, patience: { signal } };
  const listing = await listSnapshot(hub);
  const total = listing.files.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    doing: "download",
    name: `hf://${wanted.repository}`,
    bytes: missingBytes(listing, wanted.repository, env),
    into: hubCache(env),
    async run({ signal: stop, onProgress, onNote }) {
      const onPause = (reason: string, ms: number): void => onNote(`${reason}: again in ${Math.ceil(ms / 1000)} s`);
      let done = 0;
      await downloadSnapshot(
        listing,
        { ...hub, patience: { signal: stop, onPause } },
        env,
        (bytes) => onProgress((done += bytes), total),
        (owner) => onNote(`waiting for ${owner}`),
      );
    },
  };
}

/** Progress is said this often at most. */
const PROGRESS_EVERY_MS = 250;

/** Downloads and converts, one after the other. Rejects with RuntimeFailure, EngineFailure or Interrupted. */
export async function obtainWeights(jobs: readonly WeightsJob[], emit: Emit, signal: AbortSignal): Promise<void> {
  for (const job of jobs) {
    const { name, doing, bytes } = job;
    const began = performance.now();
    let said = 0;
    let before: number | undefined;
    emit({ type: "weights-started", name, doing, bytes });
    const onNote = (note: string): void => emit({ type: "weights-notice", name, note });
    const onProgress = (done: number, total: number): void => {
      const now = performance.now();
      // What was there already has not been moved by this run.
      before ??= done;
      if (now - said < PROGRESS_EVERY_MS && done < total) return;
      said = now;
      const bytesPerSecond = ((done - before) / Math.max(now - began, 1)) * 1000;
      emit({ type: "weights-progress", name, doing, done, total, bytesPerSecond });
    };
    try {
      await job.run({ signal, onProgress, onNote });
    } catch (error) {
      throw signal.aborted ? new Interrupted() : error;
    }
    emit({ type: "weights-finished", name, doing, durationMs: performance.now() - began });
  }
}
