import type { Style } from "../style.ts";
import type { Finding, Level } from "./finding.ts";

const TITLES: Readonly<Record<Finding["section"], string>> = {
  machine: "Machine",
  providers: "Providers",
  models: "Models",
  judge: "Judge",
};
const WORDS: Readonly<Record<Level, string>> = { ok: "ok", note: "note", problem: "problem" };

/** Findings by section, a line each and its hints below it. */
export function formatFindings(findings: readonly Finding[], style: Style): string {
  const levelWidth = Math.max(...Object.values(WORDS).map(({ length }) => length));
  const subjectWidth = Math.max(...findings.map(({ subject }) => subject.length));
  const indent = " ".repeat(2 + levelWidth + 2 + subjectWidth + 2);
  const lineOf = ({ level, subject, text }: Finding): string =>
    `  ${style.level(level, WORDS[level].padEnd(levelWidth))}  ${subject.padEnd(subjectWidth)}  ${text}`;
  const sections = (Object.keys(TITLES) as Finding["section"][]).flatMap((section) => {
    const inside = findings.filter((finding) => finding.section === section);
    if (inside.length === 0) return [];
    const lines = inside.flatMap((finding) => [lineOf(finding), ...finding.hints.map((hint) => `${indent}${hint}`)]);
    return [[style.bold(TITLES[section]), ...lines].join("\n")];
  });
  return sections.join("\n\n");
}
