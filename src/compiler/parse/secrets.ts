import { secretWritten } from "../../diagnostics/catalog/checks.ts";
import type { SourceFile } from "../../diagnostics/source-file.ts";
import type { Project } from "../files/project.ts";

/**
 * What a key looks like, besides those with a prefix: a password in an address, and any value of a key that is named for
 * a secret. `api_key_env` is a name: a value of it that cannot be one is taken for the key itself.
 */
const SECRETS: readonly RegExp[] = [
  /\bgithub_pat_(\w{20,})/dg,
  /\bAKIA([A-Z0-9]{16})\b/dg,
  /\bAIza([\w-]{30,})/dg,
  /\bBearer\s+([\w.~+/-]{16,})/dg,
  /:\/\/([^\s/:@'"]+:[^\s/@'"]+)@/dg,
  /(?:^|[\s{,"'])(?:api_?key|secret|password|auth_?token|access_?token|authorization)["']?[ \t]*:[ \t]+["']?([^\s"',}#]+)/dgim,
  /(?:^|[\s{,"'])api_key_env["']?[ \t]*:[ \t]+["']?(?![A-Z_][A-Z0-9_]{0,63}(?:["'\s,}#]|$))([^\s"',}#]{12,})/dgm,
];

/** Prefixes of the keys of well-known services. */
const PREFIX = /\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|ghs|glpat|xox[abp]|r8|nvapi)[-_]/;

/**
 * Reports what looks like a secret, and answers the text with its characters replaced, so that nothing after this, no
 * message and no code frame, can show it.
 */
export function hideSecrets(source: SourceFile, project: Project): SourceFile {
  const spans = secretsIn(source);
  if (spans.length === 0) return source;
  const redacted = source.redacted(spans);
  for (const [start, end] of spans) project.sink.report(secretWritten(redacted.place(start, end)));
  project.redact(redacted);
  return redacted;
}

/** A file's text as it may be shown: a row of a dataset may well hold what looks like a secret, but no frame does. */
export function withoutSecrets(source: SourceFile): SourceFile {
  const spans = secretsIn(source);
  return spans.length === 0 ? source : source.redacted(spans);
}

type Span = readonly [number, number];

function secretsIn({ text }: SourceFile): Span[] {
  const found = SECRETS.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap((match) => match.indices?.slice(1).filter((span) => span !== undefined) ?? []),
  );
  return merged([...prefixed(text), ...found]);
}

/** What follows a prefix, where a part of it is long and has a digit, as keys do and names do not. */
function prefixed(text: string): Span[] {
  return [...text.matchAll(/[\w-]+/g)].flatMap(({ 0: word, index }): Span[] => {
    const prefix = PREFIX.exec(word);
    if (prefix === null) return [];
    const start = prefix.index + prefix[0].length;
    const parts = word.slice(start).split(/[-_]/);
    const isKey = parts.some((part) => part.length >= 16 && /\d/.test(part));
    return isKey ? [[index + start, index + word.length]] : [];
  });
}

/** One of those that overlap: a key can look like one in two ways. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last === undefined || start > last[1]) result.push([start, end]);
    else result[result.length - 1] = [last[0], Math.max(last[1], end)];
  }
  return result;
}
