import * as report from "../../diagnostics/catalog/names.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { METHODS } from "../../methods/index.ts";
import { nearest } from "../../util/nearest.ts";
import type { Declarations, Located, Spec } from "../lower/spec.ts";

/** Looks up names that a spec uses; what is unknown is reported with the nearest name, and is false. */
export class Names {
  readonly #spec: Spec;
  readonly #sink: DiagnosticSink;

  constructor(spec: Spec, sink: DiagnosticSink) {
    this.#spec = spec;
    this.#sink = sink;
  }

  variant(name: Located<string>): boolean {
    return this.#declared(name, this.#spec.variants, report.unknownVariant);
  }

  trait(name: Located<string>): boolean {
    return this.#declared(name, this.#spec.traits, report.unknownTrait);
  }

  source(name: Located<string>): boolean {
    return this.#declared(name, this.#spec.sources, report.unknownSource);
  }

  method({ value: name, place }: Located<string>): boolean {
    if (METHODS.has(name)) return true;
    const known = [...METHODS.keys()];
    const near = nearest(name, known);
    this.#sink.report(report.unknownMethod({ place, name, near, nearPlace: undefined, known }));
    return false;
  }

  /** A section that is missing altogether has been reported: then every name passes as unknown, in silence. */
  #declared(
    { value: name, place }: Located<string>,
    declared: Declarations<unknown> | undefined,
    unknown: (unknown: report.UnknownName) => Diagnostic,
  ): boolean {
    if (declared === undefined) return false;
    if (declared.has(name)) return true;
    const known = [...declared.keys()];
    const near = nearest(name, known);
    const nearPlace = near === undefined ? undefined : declared.get(near)?.place;
    this.#sink.report(unknown({ place, name, near, nearPlace, known }));
    return false;
  }
}
