import { toolVersion } from "../tool-version.ts";
import type { ExportedFile, ExportSource } from "./types.ts";

/** Beside what was exported: what it was made from, so that an import can tell whether a spec would make the same. */
export interface Manifest {
  readonly format_version: 1;
  readonly tool_version: string;
  readonly experiment: string;
  /** By id. */
  readonly tasks: Readonly<Record<string, ManifestTask>>;
}

export interface ManifestTask {
  /** Of its fingerprint. */
  readonly digest: string;
  readonly duration_ms: number;
}

export const MANIFEST = "steerform-export.json";

export function manifestFile({ experiment, tasks, records }: ExportSource): ExportedFile {
  const manifest: Manifest = {
    format_version: 1,
    tool_version: toolVersion(),
    experiment: experiment.name,
    tasks: Object.fromEntries(
      tasks.map(({ id, digest }) => [id, { digest, duration_ms: records.get(id)?.durationMs ?? 0 }]),
    ),
  };
  return { path: MANIFEST, content: `${JSON.stringify(manifest, null, 2)}\n` };
}

/** Undefined for a text that is no manifest. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { format_version: version, tasks } = (value ?? {}) as Partial<Manifest>;
  const isOurs = version === 1 && typeof tasks === "object" && tasks !== null;
  return isOurs && Object.values(tasks).every(isManifestTask) ? (value as Manifest) : undefined;
}

function isManifestTask(value: unknown): boolean {
  const { digest, duration_ms: duration } = (value ?? {}) as Partial<ManifestTask>;
  return typeof digest === "string" && typeof duration === "number" && Number.isFinite(duration) && duration >= 0;
}
