import { beyondContext } from "../../diagnostics/catalog/checks.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Bound } from "../bind/bound.ts";
import type { Files } from "../files/files.ts";
import type { Located } from "../lower/spec.ts";

/** What is to be generated has to fit into the model's context, and leave room for a prompt. */
export function checkContext({ spec, application, similarity }: Bound, files: Files, sink: DiagnosticSink): void {
  const check = (variant: string | undefined, tokens: Located<number> | undefined): void => {
    const model = variant === undefined ? undefined : files.models.get(variant);
    if (model?.context === undefined || variant === undefined || tokens === undefined) return;
    if (tokens.value < model.context.value) return;
    sink.report(beyondContext(tokens.place, tokens.value, variant, model.context.value, model.context.place));
  };
  for (const { value: source } of spec.sources?.values() ?? []) {
    check(source?.variant.value, source?.generate.maxNewTokens);
  }
  check(application?.value, spec.steering?.maxNewTokens);
  check(similarity?.captured.value, spec.similarity?.maxNewTokens);
}
