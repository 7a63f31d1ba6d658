import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const SCRIPT = fileURLToPath(new URL("terminal.py", import.meta.url));
const BIN = fileURLToPath(new URL("../../bin/steerform.js", import.meta.url));

const ESCAPE = "\u001B";
/** A command, a line's end or its beginning, or text. */
const TOKENS = new RegExp(`${ESCAPE}\\[\\??(\\d*)(?:;\\d+)*([A-Za-z])|\r|\n|[^${ESCAPE}\r\n]+`, "g");

/** Python, which knows how to make a pseudo-terminal, is not on every machine. */
export const canOpenTerminal: boolean = spawnSync("python3", ["-c", "import pty"]).status === 0;

export interface Session {
  /** What stands on the screen in the end, scrolled lines included. */
  readonly screen: string;
  readonly cursorShown: boolean;
  readonly exitCode: number | undefined;
}

type Keys = readonly (readonly [after: string, send: string])[];
type Env = Readonly<Record<string, string>>;

/** Runs the built command in a terminal; each key is sent once the text before it has come. */
export async function inTerminal(
  args: readonly string[],
  cwd: string,
  keys: Keys = [],
  more: Env = {},
): Promise<Session> {
  return runInTerminal([process.execPath, BIN, ...args], cwd, keys, more);
}

/** The same of any command. */
export async function runInTerminal(
  command: readonly string[],
  cwd: string,
  keys: Keys = [],
  more: Env = {},
): Promise<Session> {
  const request = JSON.stringify({ command, cwd, keys });
  const env = { TERM: "xterm-256color", NO_COLOR: "1", CI: undefined, npm_command: undefined, ...more };
  const { stdout, exitCode } = await execa("python3", [SCRIPT, request], { reject: false, env });
  const [shown, hidden] = [stdout.lastIndexOf(`${ESCAPE}[?25h`), stdout.lastIndexOf(`${ESCAPE}[?25l`)];
  return { screen: screenOf(stdout), cursorShown: shown >= hidden, exitCode };
}

/** What a terminal of unlimited height shows after these characters: enough of its language for progress that redraws. */
function screenOf(output: string): string {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  const put = (text: string): void => {
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  for (const [token, count = "", command] of output.matchAll(TOKENS)) {
    if (token === "\r") column = 0;
    else if (token === "\n") lines[++row] ??= "";
    else if (command === undefined) put(token);
    else if (command === "A") row = Math.max(0, row - Number(count || 1));
    else if (command === "G") column = Number(count || 1) - 1;
    else if (command === "K") lines[row] = count === "2" ? "" : (lines[row] ?? "").slice(0, column);
    else if (command === "J") lines.splice(row + 1);
  }
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
}
