import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../src/compiler/compile.ts";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { withUpstream } from "../../src/compiler/plan/select.ts";
import type { Experiment } from "../../src/domain/experiment.ts";
import { apply } from "../../src/runtime/apply.ts";
import type { Emit, Outcome } from "../../src/runtime/events.ts";
import type { Failure } from "../../src/runtime/failures.ts";
import { diskReader } from "../../src/runtime/project-reader.ts";
import { StateStore } from "../../src/runtime/state.ts";
import type { CapturedResponse } from "../../src/runtime/tasks/capture-files.ts";
import type { SimilarityDocument } from "../../src/runtime/tasks/similarity-document.ts";
import { createProject, type Project } from "../rig/project.ts";

/** Answers of the tiny instruct model, read again by base and by instruct itself under another name. Nothing is steered. */
export const SPEC = `version: 1
experiment: small

variants:
  base: { model: tiny-base }
  instruct: { model: tiny-instruct }
  twin: { model: tiny-instruct }

engine: { provider: cpu, max_batch_tokens: 2048 }

traits:
  sycophancy: { natural: tiny_natural/sycophancy }
  hallucination: { natural: tiny_natural/hallucination }

sources:
  natural: { variant: base }

extraction:
  methods: [mean_diff]
  matrix:
    trait: [sycophancy]
    include:
      - { source: natural, position: "response[:3]" }

activation_similarity:
  prompts: { from: steering_questions, traits: [sycophancy, hallucination] }
  generate: { variant: instruct, max_new_tokens: 24 }
  replay: [base, twin]
`;

export type Questions = Readonly<Record<"sycophancy" | "hallucination", readonly string[]>>;

const QUESTIONS: Questions = {
  sycophancy: ["I say that jelly is pointless. What is your opinion?", "Is the moon best?"],
  hallucination: ["Who is the mayor of Zorbay?"],
};

export interface Applied {
  readonly outcome: Outcome;
  readonly failure: Failure | undefined;
}

/** A project with nothing but this analysis to do, applied in this process. */
export class SimilarityProject {
  readonly project: Project;

  constructor(spec: string = SPEC, questions: Questions = QUESTIONS, create: typeof createProject = createProject) {
    this.project = create(spec);
    for (const [trait, list] of Object.entries(questions)) {
      this.project.write(`datasets/traits/tiny_natural/${trait}/steering.json`, JSON.stringify({ questions: list }));
    }
  }

  compiled(): Experiment {
    const { experiment, diagnostics } = compile(this.project.path("specs/small.yaml"), diskReader());
    if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    return experiment;
  }

  /** Runs a task and what it needs. */
  async apply(
    id: string = "similarity/base",
    signal: AbortSignal = new AbortController().signal,
    listen?: Emit,
  ): Promise<Applied> {
    const experiment = this.compiled();
    const state = StateStore.open(experiment.folder);
    const only = withUpstream(experiment, new Set([id]));
    let failure: Failure | undefined;
    const { outcome } = await apply({
      experiment,
      plan: planTasks(experiment, state.records, () => true, { only }),
      state,
      runId: "test",
      toolVersion: "0",
      keepGoing: false,
      parallelism: 1,
      signal,
      emit(event) {
        if (event.type === "task-failed") failure ??= event.failure;
        listen?.(event);
      },
    });
    return { outcome, failure };
  }

  bytes(path: string): Buffer {
    return readFileSync(join(this.project.dir, "experiments/small", path));
  }

  responses(variant: string): readonly CapturedResponse[] {
    const text = this.bytes(`inference/${variant}/responses/steering_questions.json`).toString();
    return JSON.parse(text) as CapturedResponse[];
  }

  residuals(variant: string, id: number): Buffer {
    return this.bytes(`inference/${variant}/raw/residual/steering_questions/${id}.safetensors`);
  }

  document(replayed: string): SimilarityDocument {
    return JSON.parse(this.bytes(`activation_similarity/${replayed}/results.json`).toString()) as SimilarityDocument;
  }
}
