import type { ActivationsTask, VettingTask } from "../../domain/task.ts";
import type { JsonObject } from "../../util/json.ts";
import { readableJson } from "../../util/readable-json.ts";
import type { JudgeItem, Scores } from "../judge/types.ts";
import { RuntimeFailure } from "../failures.ts";
import { datasetOf, neededTask, onlyTask, outputPath, type Executor, type TaskContext } from "./context.ts";
import { readResponses, type Polarity } from "./responses-file.ts";
import { allUpstream } from "./steering-inputs.ts";

/** A response's scores, and whether vectors are made of it. */
interface Vetted extends JsonObject {
  readonly polarity: Polarity;
  readonly scenario: number;
  readonly rollout: number;
  readonly trait: number | null;
  readonly coherence: number | null;
  readonly kept: boolean;
}

interface VettedCounts extends JsonObject {
  readonly kept: number;
  readonly dropped: number;
  /** Of the dropped: those that the judge gave no score. */
  readonly missing: number;
}

export interface Vetting extends JsonObject {
  readonly dataset: string;
  readonly variant: string;
  readonly trait: string;
  readonly thresholds: {
    readonly positive: number;
    readonly negative: number;
    readonly coherence: number;
    readonly min_kept: number;
  };
  readonly summary: Readonly<Record<Polarity, VettedCounts>>;
  readonly results: readonly Vetted[];
}

/** Responses whose scores are kept together when a run is stopped. */
const RESPONSES_A_STEP = 64;

/** Has every response of a set judged, and writes down which ones show their polarity. It decides, and drops nothing itself. */
export const runVetting: Executor<VettingTask> = async (tasks, context) => {
  const task = onlyTask(tasks);
  const { dataset, variant, trait, positive, negative, coherence, minKept } = task.params;
  const responses = readResponses(neededTask(task, "responses", context.experiment), context);
  const { definition } = datasetOf(context.experiment, dataset);
  const scores = await judged(
    responses.map(({ response }) => ({ trait, definition, question: response.prompt, answer: response.response })),
    context,
  );
  const results = responses.map(({ polarity, response }, index): Vetted => {
    const score = scores[index] as Scores;
    const shows = score.trait !== null && (polarity === "positive" ? score.trait >= positive : score.trait < negative);
    const kept = shows && score.coherence !== null && score.coherence >= coherence;
    return { polarity, scenario: response.scenario, rollout: response.rollout, ...score, kept };
  });
  const summary = { positive: countsOf("positive", results), negative: countsOf("negative", results) };
  const words = (polarity: Polarity): string =>
    `${summary[polarity].kept} of ${summary[polarity].kept + summary[polarity].dropped} ${polarity}`;
  const missing = summary.positive.missing + summary.negative.missing;
  context.notice(
    `${dataset}, ${variant}: vetting keeps ${words("positive")} and ${words("negative")} responses` +
      (missing === 0 ? "." : `; ${missing} got no score, and are not kept.`),
  );
  const thresholds = { positive, negative, coherence, min_kept: minKept };
  const vetting: Vetting = { dataset, variant, trait, thresholds, summary, results };
  return new Map([[task.id, new Map([[outputPath(task, "response_scores.json"), readableJson(vetting)]])]]);
};

async function judged(items: readonly JudgeItem[], context: TaskContext): Promise<Scores[]> {
  const judge = await context.judge();
  const scores: Scores[] = [];
  for (let first = 0; first < items.length; first += RESPONSES_A_STEP) {
    const part = items.slice(first, first + RESPONSES_A_STEP);
    const made = await context.step(
      `judging from ${first}`,
      () => judge.score(part),
      // A score that is missing may come the next time.
      (all) => all.every(({ trait, coherence }) => trait !== null && coherence !== null),
    );
    scores.push(...made);
    const judgeCalls = judge.paid();
    const paid = judgeCalls === undefined ? {} : { judgeCalls };
    context.progress({ done: scores.length, total: items.length, unit: "answers", doing: "judging", ...paid });
  }
  return scores;
}

function countsOf(polarity: Polarity, results: readonly Vetted[]): VettedCounts {
  const all = results.filter((one) => one.polarity === polarity);
  const dropped = all.filter(({ kept }) => !kept);
  const missing = dropped.filter(({ trait, coherence }) => trait === null || coherence === null).length;
  return { kept: all.length - dropped.length, dropped: dropped.length, missing };
}

/** Undefined where responses are not vetted. Throws RuntimeFailure `vector-degenerate` where too few were kept. */
export function readVetting(task: ActivationsTask, context: TaskContext): Vetting | undefined {
  const found = allUpstream(task, "vetting", context)[0];
  if (found === undefined) return undefined;
  const path = outputPath(found, "response_scores.json");
  const vetting = JSON.parse(Buffer.from(context.readFile(path)).toString()) as Vetting;
  for (const polarity of ["positive", "negative"] as const) {
    const { kept, dropped } = vetting.summary[polarity];
    if (kept >= vetting.thresholds.min_kept) continue;
    throw new RuntimeFailure(
      "vector-degenerate",
      `Vetting kept ${kept} of ${kept + dropped} ${polarity} responses of ${vetting.dataset}, fewer than ${vetting.thresholds.min_kept}.`,
      `Read the scores in ${path}: the responses may not show the trait, or extraction.vetting asks for too much.`,
    );
  }
  return vetting;
}
