import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder, writeDurably } from "./files.ts";

interface Step {
  readonly step: string;
  readonly value: unknown;
}

/**
 * What a task had done when its run was stopped, in `.steerform/checkpoints/<digest of the task>.jsonl`, a step a line.
 * Under another digest it is another task, so nothing stale is ever found. A line that a crash cut short is not there.
 */
export class Checkpoint {
  readonly #path: string;
  readonly #digest: string;
  readonly #steps = new Map<string, unknown>();

  constructor(folder: string, digest: string) {
    this.#path = join(checkpointsOf(folder), `${digest}.jsonl`);
    this.#digest = digest;
    if (!existsSync(this.#path)) return;
    for (const line of readFileSync(this.#path, "utf8").split("\n")) {
      const step = parseStep(line);
      if (step !== undefined) this.#steps.set(step.step, step.value);
    }
  }

  /** Makes a step's value, or gives what it gave before. Only JSON comes back as it went in. */
  async step<T>(step: string, make: () => Promise<T>, mayKeep: (value: T) => boolean): Promise<T> {
    if (this.#steps.has(step)) return this.#steps.get(step) as T;
    const value = await make();
    if (mayKeep(value)) {
      makeFolder(dirname(this.#path));
      // Begins its own line: the one before may have been cut short.
      appendFileSync(this.#path, `\n${JSON.stringify({ step, value } satisfies Step)}`);
    }
    return value;
  }

  /** The same for bytes, which are in a file of their own: `<digest>-<name's hash>.bin`. */
  async bytesStep(step: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const name = createHash("sha256").update(step).digest("hex").slice(0, 16);
    const path = join(dirname(this.#path), `${this.#digest}-${name}.bin`);
    // Written whole or not at all.
    if (existsSync(path)) return readFileSync(path);
    const bytes = await make();
    writeDurably(path, bytes);
    return bytes;
  }
}

/** Once its task is done. */
export function removeCheckpoint(folder: string, digest: string): void {
  removeWhere(folder, (owner) => owner === digest);
}

/** Removes the checkpoints of tasks that are planned no longer. */
export function removeCheckpoints(folder: string, planned: ReadonlySet<string>): void {
  removeWhere(folder, (owner) => !planned.has(owner));
}

function removeWhere(folder: string, isGone: (owner: string) => boolean): void {
  const directory = checkpointsOf(folder);
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (isGone(name.replace(/(?:-[0-9a-f]{16})?\.\w+$/, ""))) rmSync(join(directory, name), { force: true });
  }
}

function checkpointsOf(folder: string): string {
  return join(folder, ".steerform", "checkpoints");
}

function parseStep(line: string): Step | undefined {
  if (line === "") return undefined;
  try {
    const step: unknown = JSON.parse(line);
    return typeof step === "object" && step !== null && "step" in step ? (step as Step) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
