import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Host } from "../../src/cli/host.ts";
import { runCommandLine } from "../../src/cli/main.ts";
import { createStyle } from "../../src/report/style.ts";

const BIN = fileURLToPath(new URL("../../bin/steerform.js", import.meta.url));

type Env = Readonly<Record<string, string>>;

/** Streams as text, without the last line break. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly text: string;
  readonly exitCode: number | undefined;
  /** Set when a signal ended the process. */
  readonly signal: string | undefined;
  readonly durationMs: number;
}

/** One event of `apply --json`. */
export interface Event {
  readonly type?: string;
  readonly id?: string;
  readonly [field: string]: unknown;
}

/** Runs the built command in a folder to its end. */
export function steerform(args: readonly string[], cwd: string, env: Env = {}): Promise<Finished> {
  return finished(start(args, cwd, env));
}

/** Runs a command line in this process, with a terminal that only listens. */
export async function steerformHere(args: readonly string[], cwd: string): Promise<Finished> {
  const lines: { readonly to: "stdout" | "stderr"; readonly line: string }[] = [];
  const textOf = (...to: readonly string[]): string =>
    lines.flatMap((one) => (to.includes(one.to) ? [one.line] : [])).join("\n");
  const host: Host = {
    cwd,
    program: "steerform",
    interactive: false,
    style: createStyle(false),
    out: (line) => void lines.push({ to: "stdout", line }),
    err: (line) => void lines.push({ to: "stderr", line }),
    gone: new AbortController().signal,
    confirm: () => Promise.reject(new Error("Internal error: nobody is there to be asked")),
    restoreTerminal: () => undefined,
  };
  const began = performance.now();
  const exitCode = await runCommandLine(args, host);
  const streams = { stdout: textOf("stdout"), stderr: textOf("stderr"), text: textOf("stdout", "stderr") };
  return { ...streams, exitCode, signal: undefined, durationMs: performance.now() - began };
}

function start(args: readonly string[], cwd: string, env: Env) {
  return execa(process.execPath, [BIN, ...args], { reject: false, all: true, cwd, env: { NO_COLOR: "1", ...env } });
}

async function finished(process: ReturnType<typeof start>): Promise<Finished> {
  const { stdout, stderr, all, exitCode, signal, durationMs } = await process;
  return { stdout, stderr, text: all, exitCode, signal, durationMs };
}

/** A command that is running, by its events. */
export class Running {
  readonly #process: ReturnType<typeof start>;
  readonly #events: Event[] = [];
  #look: () => void = () => undefined;

  constructor(args: readonly string[], cwd: string, env: Env = {}) {
    this.#process = start(args, cwd, env);
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#events.push(JSON.parse(line) as Event);
      this.#look();
    });
  }

  get pid(): number {
    assert(this.#process.pid !== undefined);
    return this.#process.pid;
  }

  /** Resolves at the first event that is as wanted; rejects when the command ends without one. */
  async until(wanted: (event: Event) => boolean): Promise<Event> {
    const found = new Promise<Event>((resolve) => {
      this.#look = () => {
        const event = this.#events.find(wanted);
        if (event !== undefined) resolve(event);
      };
      this.#look();
    });
    const ended = this.end().then(({ text }) => {
      throw new Error(`The command ended before the event:\n${text}`);
    });
    return Promise.race([found, ended]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** As `| head` does once it has seen enough. */
  closeOutput(): void {
    this.#process.stdout.destroy();
  }

  end(): Promise<Finished> {
    return finished(this.#process);
  }
}

/** The lines of `apply --json`, each a JSON object. */
export function eventsOf(stdout: string): Event[] {
  return stdout.split("\n").map((line) => JSON.parse(line) as Event);
}
