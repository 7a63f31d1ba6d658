import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { error } from "./make.ts";

/** SF10xx: the spec as a file. SF11xx: the spec as YAML. */

export function fileMissing(place: Place, file: string): Diagnostic {
  return error("SF1001", place, `There is no file ${file}.`);
}

export function fileUnreadable(place: Place, file: string, why: string): Diagnostic {
  return error("SF1002", place, `${file} cannot be read: ${why}.`);
}

export function fileNotUtf8(place: Place, file: string, line: number): Diagnostic {
  return error("SF1003", place, `${file} is not UTF-8 text: line ${line} has other bytes.`, {
    hint: "Save it as UTF-8.",
  });
}

export function yamlSyntax(place: Place, detail: string): Diagnostic {
  return error("SF1101", place, `This is not YAML: ${detail.replace(/[.\s]+$/, "")}.`);
}

export function tabIndentation(place: Place): Diagnostic {
  return error("SF1102", place, "A tab indents this line; YAML takes spaces only.", { hint: "Use two spaces." });
}

export function duplicateKey(place: Place, key: string, first: Place): Diagnostic {
  return error("SF1103", place, `The key '${key}' is here a second time.`, {
    related: [{ message: "The first one.", place: first }],
    hint: "Keep one of them: YAML has no rule for which would win.",
  });
}

export function unresolvedAlias(place: Place, name: string): Diagnostic {
  return error("SF1104", place, `The alias *${name} has no anchor &${name} before it.`, {
    hint: "If the value begins with a star, put it in quotes.",
  });
}

export function aliasExpansion(place: Place, limit: number): Diagnostic {
  return error("SF1105", place, `Here the document's aliases have repeated more than ${limit} values.`);
}

export function aliasInItself(place: Place, name: string): Diagnostic {
  return error("SF1106", place, `The alias *${name} stands inside of what it repeats.`);
}

export function mergeKey(place: Place): Diagnostic {
  return error("SF1107", place, "Merge keys (<<) are not part of YAML 1.2.", {
    hint: "Write the keys out, or give the whole value an anchor and repeat it with an alias.",
  });
}

export function severalDocuments(place: Place): Diagnostic {
  return error("SF1108", place, "A second document begins here; a spec is one document.", {
    hint: "Put it into a file of its own.",
  });
}

export function keyNotText(place: Place): Diagnostic {
  return error("SF1109", place, "A key is text; this one is a list or a map.");
}

export function unknownTag(place: Place): Diagnostic {
  return error("SF1110", place, "Tags (!) have no meaning here.", {
    hint: "If the value begins with an exclamation mark, put it in quotes.",
  });
}

export function yamlDirective(place: Place): Diagnostic {
  return error("SF1112", place, "A spec is YAML 1.2 and has no directives.", {
    hint: "Remove the line, and the --- after it.",
  });
}

export function nestedTooDeeply(place: Place, limit: number): Diagnostic {
  return error("SF1111", place, `Values are nested more than ${limit} deep here.`);
}

export function yamlTooLong(place: Place, limit: string): Diagnostic {
  return error("SF1114", place, `The file is too long: more than ${limit}.`, {
    hint: "The matrix multiplies traits, sources, positions and methods: they need not be written out.",
  });
}

export function overrideThroughValue(place: Place, key: string, value: Place): Diagnostic {
  return error("SF1113", place, `'${key}' cannot be set: what it would be a key of is a value or a list.`, {
    related: [{ message: "This value.", place: value }],
    hint: "Set the whole value, or name an item of a list by its index from 0.",
  });
}
