import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile } from "../../src/compiler/compile.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { TaskRecord } from "../../src/domain/state.ts";
import { diskReader } from "../../src/runtime/project-reader.ts";
import { statePath } from "../../src/runtime/state.ts";
import type { Results } from "../../src/runtime/tasks/results-document.ts";
import { SPEC } from "./project.ts";

export function compileProject(folder: string): Experiment {
  const { experiment, diagnostics } = compile(join(folder, SPEC), diskReader());
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return experiment;
}

/** What apply shows at its end. */
const RESULTS = "reports/results.json";

/** A row for every search, all alike. */
function resultsOf({ name, application, tasks }: Experiment): Results {
  const missing = { trait: 0, coherence: 0 };
  const baseline = { trait_mean: 21.5, coherence_mean: 92.25, n: 2, missing };
  const found = {
    layer: 3,
    coefficient: 1.37,
    trait_delta: 41.125,
    interval: [35.5, 46.75],
    selected_delta: 43,
  } as const;
  const best = { ...baseline, ...found };
  const rows = tasks.flatMap((task) => {
    if (task.kind !== "steering") return [];
    const { dataset, trait, variant, position, method } = task.params;
    const at = [{ coherence: 80, best }];
    return [
      { dataset, trait, variant, position, method, questions: { selecting: 1, reporting: 1 }, baseline, best, at },
    ];
  });
  const report = { min_coherence: 70, held_out: 0.5, confidence: 0.95, judge_samples: 0 };
  const none = { prompting: [], combinations: [], combination_pairs: [], positions: [] };
  return { format_version: 3, experiment: name, application, ...report, rows, ...none };
}

/** When and where. */
const MADE: Omit<TaskRecord, "id" | "fingerprint" | "digest" | "outputs"> = {
  durationMs: 1234,
  finishedAt: "2026-01-01T00:00:00.000Z",
  toolVersion: "0.1.0",
  provenance: {
    node: "v20.20.2",
    platform: "linux-x64",
    host: "workstation",
    git: "0123456789abcdef0123456789abcdef01234567",
    provider: "cpu",
    dtype: "auto",
    run: "20260101T000000.000Z",
    peak_memory_bytes: 1_234_567_890,
  },
};

/**
 * Everything that apply would have made: for each task small outputs and the record that apply would have appended, with
 * the fingerprint that the compiler gives it. Files are written in the tasks' order, so that tools that go by dates
 * find everything up to date too.
 */
export function fabricate(experiment: Experiment): void {
  const { tasks } = planTasks(experiment, new Map(), () => false);
  const outputs = new Map(experiment.tasks.map((task) => [task.id, task.outputs]));
  const folders = new Set<string>();
  const state = [JSON.stringify({ steerform_state: 1, lineage: "00000000-0000-4000-8000-000000000000" })];
  for (const { id, fingerprint, digest } of tasks) {
    const written = (outputs.get(id) ?? []).map((path) => {
      const content = Buffer.from(path === RESULTS ? JSON.stringify(resultsOf(experiment), null, 2) : `${path}\n`);
      const file = join(experiment.folder, path);
      if (!folders.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
      folders.add(dirname(file));
      writeFileSync(file, content);
      return { path, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
    });
    state.push(JSON.stringify({ done: { id, fingerprint, digest, outputs: written, ...MADE } satisfies TaskRecord }));
  }
  const path = statePath(experiment.folder);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${state.join("\n")}\n`);
}
