import type { JsonObject } from "../util/json.ts";
import type { Dtype, Provider } from "./engine.ts";
import type { Task } from "./task.ts";

/** What made an artifact, as an object, so that a plan can say which field changed. */
export interface Fingerprint {
  readonly kind: string;
  /** Version of the task kind's algorithm (and of the method, for vectors). */
  readonly version: string;
  readonly params: JsonObject;
  readonly inputs: Readonly<Record<string, string>>;
  /** Upstream task id → digest of its fingerprint. */
  readonly upstream: Readonly<Record<string, string>>;
}

/** One finished task in the state. */
export interface TaskRecord {
  readonly id: string;
  readonly fingerprint: Fingerprint;
  /** sha256 of the fingerprint's stable JSON. */
  readonly digest: string;
  readonly outputs: readonly OutputRecord[];
  readonly durationMs: number;
  readonly finishedAt: string;
  readonly toolVersion: string;
  /** Where and by what it was made; no part of what it is. */
  readonly provenance?: Provenance | undefined;
}

export interface Provenance {
  /** Of the run, in .steerform/runs. */
  readonly run: string;
  readonly node: string;
  readonly platform: string;
  readonly host: string;
  /** The project's revision, with `-dirty` when files differ from it; null outside of a repository. */
  readonly git: string | null;
  /** Of tasks that ran a model. */
  readonly provider?: Provider | null;
  readonly dtype?: Dtype;
  /** The folder that it was taken over from: it was not made here. */
  readonly imported_from?: string;
  /** The largest the process had been until then. */
  readonly peak_memory_bytes: number;
}

export interface OutputRecord {
  /** Relative to the experiment's folder, `/`-separated. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export type TaskAction = "create" | "rerun" | "keep";

export interface PlannedTask {
  readonly id: string;
  readonly task: Task;
  readonly action: TaskAction;
  /** Why, for people: `response[:3] is new`, `sources.natural.generate.seed: 42 → 43`. Empty for keep. */
  readonly reasons: readonly string[];
  readonly digest: string;
  readonly fingerprint: Fingerprint;
}

export interface Plan {
  readonly tasks: readonly PlannedTask[];
  /** Ids in the state that the spec no longer has. */
  readonly orphans: readonly string[];
}
