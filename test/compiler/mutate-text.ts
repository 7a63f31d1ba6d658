import fc from "fast-check";
import { SECRET } from "./hostile.ts";

/** What is put into texts, between bars: YAML's own signs, values, what no text should hold, names, and other languages. */
const PIECES = [
  "[|]|{|}|: |:|- |? |, |*a|&a |&a [*a]|<<: |!x |!!binary |>|>2-|'|\"|#|%YAML 1.1\n|%TAG ! x:\n|---\n|...\n|\n|\r\n|\r|\t|\n\t|  ",
  "~|null|no|0x1F|1e999|.inf|.nan|-0|99999999999999999999|0.1e-400|=|@|`|\\|\n      ",
  "\u0000|\u0007|\u001B[31m|\u0085|\u2028|\u202E|\uFEFF|\uD800|\uDC00|\uFFFF|é|🙂|漢",
  "__proto__: { polluted: 1 }\n|constructor: x\n|toString: {}\n|hasOwnProperty: []\n|__proto__|constructor",
  `api_key: ${SECRET}\n|${SECRET}|"${SECRET}"|{{x}}|\${x}|../../etc/passwd|hf://../..|/|${"x".repeat(5000)}`,
].flatMap((pieces) => pieces.split("|"));

const anyPiece = fc.oneof(fc.constantFrom("|", "|2-", ...PIECES), fc.string({ maxLength: 6, unit: "binary" }));

interface Step {
  readonly what: "cut" | "put" | "repeat" | "move" | "truncate" | "line-ends" | "indent" | "many";
  /** Share of the text's length. */
  readonly at: number;
  readonly length: number;
  readonly piece: string;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("cut", "put", "put", "put", "repeat", "move", "truncate", "line-ends", "indent", "many"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(60),
  piece: anyPiece,
});

/** A text that so many things at most were done to. */
export function mangled(text: string, most: number): fc.Arbitrary<string> {
  return fc.array(anyStep, { minLength: 1, maxLength: most }).map((steps) => steps.reduce(mangle, text));
}

function mangle(text: string, { what, at, length, piece }: Step): string {
  const from = Math.floor(at * text.length);
  const [before, middle, after] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)];
  switch (what) {
    case "cut":
      return before + after;
    case "put":
      return before + piece + middle + after;
    case "repeat":
      return before + middle + middle + after;
    case "move":
      return middle + before + after;
    case "truncate":
      return before;
    case "line-ends":
      return text.replaceAll("\n", length % 2 === 0 ? "\r\n" : "\r");
    case "indent":
      return before + middle + after.replace("\n", `\n${" ".repeat(length % 9)}`);
    case "many":
      return before + piece.slice(0, 50).repeat(length) + middle + after;
  }
}
