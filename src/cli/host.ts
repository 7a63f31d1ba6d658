import { createInterface } from "node:readline/promises";
import { createStyle, type Style } from "../report/style.ts";

/** The terminal and the process, for commands; the only place that writes to either stream. */
export interface Host {
  readonly cwd: string;
  /** Standard output is a terminal that can be redrawn. */
  readonly interactive: boolean;
  readonly style: Style;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Asks a yes-or-no question; only when interactive. */
  confirm(question: string): Promise<boolean>;
}

export function processHost(): Host {
  const { stdout, stderr, stdin, env } = process;
  const interactive = stdout.isTTY && stdin.isTTY && env["CI"] === undefined && env["TERM"] !== "dumb";
  return {
    cwd: process.cwd(),
    interactive,
    style: createStyle(stdout.isTTY && env["NO_COLOR"] === undefined),
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    async confirm(question) {
      const prompt = createInterface({ input: stdin, output: stdout });
      try {
        const answer = await prompt.question(`${question} [y/N] `);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        prompt.close();
      }
    },
  };
}
