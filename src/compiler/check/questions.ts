import * as report from "../../diagnostics/catalog/phases.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { heldOutQuestions } from "../../domain/held-out.ts";
import type { Bound } from "../bind/bound.ts";
import type { Cell } from "../bind/cell.ts";
import type { Files } from "../files/files.ts";
import type { SteeringSpec } from "../lower/spec.ts";

/** The steering questions: enough of them, and the same for all sources of a trait. */
export function checkQuestions({ spec: { steering }, steered }: Bound, files: Files, sink: DiagnosticSink): void {
  if (steering === undefined) return;
  if (steering.report.heldOut.value === 0) sink.report(report.nothingHeldOut(steering.report.heldOut.place));
  const first = new Map<string, { readonly cell: Cell; readonly questions: string }>();
  for (const cell of new Map(steered.map((one) => [one.dataset.value, one])).values()) {
    const questions = files.datasets.get(cell.dataset.value)?.questions;
    if (questions === undefined || questions.length === 0) continue;
    checkCount(steering, cell.dataset.value, questions.length, sink);
    const text = JSON.stringify(questions);
    const before = first.get(cell.trait.value);
    if (before === undefined) first.set(cell.trait.value, { cell, questions: text });
    else if (before.questions !== text) {
      const { dataset } = before.cell;
      sink.report(
        report.questionsDiffer(cell.dataset.place, cell.trait.value, cell.dataset.value, dataset.value, dataset.place),
      );
    }
  }
}

function checkCount(steering: SteeringSpec, ref: string, has: number, sink: DiagnosticSink): void {
  const { questions, questionsPlace, report: reporting } = steering;
  if (questions !== "all" && questions > has) sink.report(report.tooFewQuestions(questionsPlace, questions, ref, has));
  const asked = questions === "all" ? has : Math.min(questions, has);
  const { value: share, place } = reporting.heldOut;
  const held = heldOutQuestions(asked, share).filter(Boolean).length;
  if (share > 0 && (held === 0 || held === asked)) sink.report(report.heldOutTooSmall(place, share, ref, asked));
}
