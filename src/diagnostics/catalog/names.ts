import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { didYouMean, error, listed } from "./make.ts";

/** SF13xx: names that are used and not declared. */

export interface UnknownName {
  readonly place: Place;
  readonly name: string;
  readonly near: string | undefined;
  /** Of what `near` is declared as. */
  readonly nearPlace: Place | undefined;
  readonly known: readonly string[];
}

export function unknownVariant(unknown: UnknownName): Diagnostic {
  return unknownName("SF1301", "variant", unknown);
}

export function unknownTrait(unknown: UnknownName): Diagnostic {
  return unknownName("SF1302", "trait", unknown);
}

export function unknownSource(unknown: UnknownName): Diagnostic {
  return unknownName("SF1303", "source", unknown);
}

export function unknownMethod(unknown: UnknownName): Diagnostic {
  return unknownName("SF1304", "method", unknown);
}

export function noDatasetForSource(place: Place, trait: string, source: string, traitPlace: Place): Diagnostic {
  return error("SF1305", place, `The trait '${trait}' has no dataset for the source '${source}'.`, {
    related: [{ message: `'${trait}' is declared here.`, place: traitPlace }],
    hint: `Give it one, ${source}: <set>/<trait>, or leave it out of this row with exclude.`,
  });
}

export function badPosition(place: Place, why: string): Diagnostic {
  return error("SF1306", place, `${why}.`, {
    hint: "A position is prompt, response or all with a Python slice: response[:5] is the response's first five tokens.",
  });
}

export function badLayers(place: Place, why: string): Diagnostic {
  return error("SF1307", place, `${why}.`);
}

function unknownName(
  code: `SF${number}`,
  what: string,
  { place, name, near, nearPlace, known }: UnknownName,
): Diagnostic {
  const { question, suggestions } = didYouMean(near, place);
  return error(code, place, `There is no ${what} '${name}'.${question}`, {
    related: [
      near === undefined || nearPlace === undefined
        ? undefined
        : { message: `'${near}' is declared here.`, place: nearPlace },
    ],
    hint: near === undefined ? `There is: ${listed(known)}.` : undefined,
    suggestions,
  });
}
