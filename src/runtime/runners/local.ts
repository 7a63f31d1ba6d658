import type { Experiment } from "../../domain/experiment.ts";
import { ArtifactReader } from "../artifact-reader.ts";
import { Checkpoint } from "../checkpoint.ts";
import { writeOutput } from "../files.ts";
import { openJudge } from "../judge/index.ts";
import type { Judge, NumberOracle } from "../judge/types.ts";
import { ModelPool } from "../model-pool.ts";
import { peakMemoryBytes } from "../provenance.ts";
import type { TaskContext } from "../tasks/context.ts";
import { execute, modelsOf } from "../tasks/index.ts";
import { untilAborted } from "../until-aborted.ts";
import type { Job, JobReports, Ran, Records, TaskRunner } from "./types.ts";

export type Execute = typeof execute;

export interface LocalOptions {
  readonly experiment: Experiment;
  /** Of the tasks whose files are read; may change meanwhile. */
  readonly records: Records;
  readonly signal: AbortSignal;
  /** For people, of models. */
  readonly notice: (message: string) => void;
  /** Threads of a model on the CPU; one a physical core when left out. */
  readonly threads?: number | undefined;
  /** Who answers the judge's questions; the spec's own when left out. */
  readonly oracle?: NumberOracle | undefined;
  readonly execute?: Execute | undefined;
}

/** Runs tasks in this process. */
export class LocalRunner implements TaskRunner {
  readonly #options: LocalOptions;
  readonly #models: ModelPool;
  readonly #artifacts: ArtifactReader;
  #judge: Promise<Judge> | undefined;

  constructor(options: LocalOptions) {
    const { experiment, records, notice, threads } = options;
    this.#options = options;
    this.#models = new ModelPool(experiment, { notice, threads });
    this.#artifacts = new ArtifactReader(experiment, records);
  }

  has(variant: string): boolean {
    return this.#models.has(variant);
  }

  async run({ group, digest }: Job, { progress, notice }: JobReports): Promise<Ran> {
    const { experiment, signal, oracle } = this.#options;
    const checkpoint = new Checkpoint(experiment.folder, digest);
    const context: TaskContext = {
      experiment,
      signal,
      model: (variant) => this.#models.get(variant),
      judge: () => (this.#judge ??= openJudge(experiment, this.#models, signal, oracle)),
      readFile: (path) => this.#artifacts.read(path),
      writeFile: (path, content) => writeOutput(experiment.folder, path, content),
      step: (name, make, mayKeep = () => true) => checkpoint.step(name, make, mayKeep),
      bytesStep: (name, make) => checkpoint.bytesStep(name, make),
      progress,
      notice,
    };
    // When it is not waited for any more, the engine's worker is ended with its model.
    const outputs = await untilAborted((this.#options.execute ?? execute)(group, context), signal);
    const [variant] = group.flatMap(modelsOf);
    const provider = variant === undefined ? null : this.#models.provider(variant);
    return { outputs, provider, peakMemoryBytes: peakMemoryBytes() };
  }

  closeUnused(isUsed: (variant: string) => boolean): Promise<void> {
    return this.#models.closeUnused(isUsed);
  }

  close(): Promise<void> {
    return this.#models.close();
  }
}
