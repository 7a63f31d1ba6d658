import { writeSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { createStyle, type Style } from "../report/style.ts";

/** The terminal and the process, for commands; the only place that writes to either stream. */
export interface Host {
  readonly cwd: string;
  /** How the user calls this program. */
  readonly program: string;
  /** Standard output is a terminal that can be redrawn. */
  readonly interactive: boolean;
  readonly style: Style;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Aborted when nobody reads the output any more: `| head` has seen enough, the terminal was closed. */
  readonly gone: AbortSignal;
  /** Asks a yes-or-no question; only when interactive. Ctrl-C is SIGINT, and a no. */
  confirm(question: string): Promise<boolean>;
  /** Shows the cursor, which a progress view may have hidden. */
  restoreTerminal(): void;
}

export function processHost(): Host {
  const { stdout, stderr, stdin, env } = process;
  const interactive = stdout.isTTY && stdin.isTTY && env["CI"] === undefined && env["TERM"] !== "dumb";
  return {
    cwd: process.cwd(),
    program: env["npm_command"] === "exec" ? "npx steerform" : "steerform",
    interactive,
    style: createStyle(stdout.isTTY && env["NO_COLOR"] === undefined),
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    gone: goneSignal([stdout, stderr]),
    async confirm(question) {
      const prompt = createInterface({ input: stdin, output: stdout });
      const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
      // In a prompt, Ctrl-C is a key and sends no signal.
      prompt.once("SIGINT", () => {
        process.emit("SIGINT", "SIGINT");
        prompt.close();
      });
      try {
        const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed]);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        prompt.close();
      }
    },
    restoreTerminal() {
      // Not through the stream, which a progress view may have taken over.
      if (interactive) writeSync(stdout.fd, "\u001B[?25h\n");
    },
  };
}

/** EPIPE: the reader of a pipe is gone. EIO: the terminal is. */
const GONE = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);

/** Aborted when a stream cannot be written any more. Without a listener, that would end the program as our bug. */
function goneSignal(streams: readonly NodeJS.WriteStream[]): AbortSignal {
  const gone = new AbortController();
  for (const stream of streams) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!GONE.has(error.code ?? "")) throw error;
      gone.abort();
    });
  }
  return gone.signal;
}
