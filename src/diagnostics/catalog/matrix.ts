import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { error } from "./make.ts";

/** SF16xx: what the matrix adds up to. */

export function duplicateCell(place: Place, source: string, position: string, first: Place): Diagnostic {
  return error("SF1601", place, `The source '${source}' is read at ${position} twice.`, {
    related: [{ message: "The first time.", place: first }],
    hint: "Remove one of them.",
  });
}

export function duplicateValue(place: Place, value: string, first: Place): Diagnostic {
  return error("SF1602", place, `'${value}' is in this list twice.`, {
    related: [{ message: "The first one.", place: first }],
    hint: "Remove one of them.",
  });
}

export function excludeMatchesNothing(place: Place): Diagnostic {
  return error("SF1603", place, "This row excludes nothing: no cell of the matrix has all its values.", {
    hint: "Remove the row, or mend its values.",
  });
}

export function vectorsMatchNothing(place: Place): Diagnostic {
  return error("SF1604", place, "No vector has all these values, so nothing would be steered.", {
    hint: "Use values that the extraction matrix has, or vectors: all.",
  });
}

export function nothingLeft(place: Place): Diagnostic {
  return error("SF1605", place, "The exclude rows leave no cell of the matrix.");
}

export function conflictingTasks(
  place: Place,
  id: string,
  field: string,
  one: string,
  other: string,
  first: Place,
): Diagnostic {
  return error(
    "SF1606",
    place,
    `${id} would be made in two ways: ${field} is ${one} in one and ${other} in the other.`,
    {
      related: [{ message: "The other one.", place: first }],
      hint: "Make them agree, or give one of them a dataset of its own.",
    },
  );
}
