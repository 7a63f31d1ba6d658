import * as report from "../../diagnostics/catalog/names.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { METHOD_NAMES, type MethodName } from "../../methods/index.ts";
import { nearest } from "../../util/nearest.ts";
import type { Declarations, Located, Spec } from "../lower/spec.ts";

/** Looks up names that a spec uses; what is unknown is reported with the nearest name, and is false or undefined. */
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

  method(name: Located<string>): MethodName | undefined {
    const method = METHOD_NAMES.find((known) => known === name.value);
    if (method === undefined) {
      const near = nearest(name.value, METHOD_NAMES);
      const unknown = { place: name.place, name: name.value, near, nearPlace: undefined, known: METHOD_NAMES };
      this.#sink.report(report.unknownMethod(unknown));
    }
    return method;
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
