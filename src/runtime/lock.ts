import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { RuntimeFailure } from "./failures.ts";

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly boot: string;
  readonly since: string;
}

export interface Lock {
  /** Set when a dead owner's lock was taken over: what to tell the user. */
  readonly takenOver: string | undefined;
  release(): void;
}

/**
 * One writer an experiment. A lock whose owner is dead (its process is gone, or the machine was restarted) is taken
 * over; a live owner's is a RuntimeFailure `locked` that names it.
 */
export function acquireLock(folder: string): Lock {
  const directory = join(folder, ".steerform");
  const path = join(directory, "lock");
  mkdirSync(directory, { recursive: true });
  const mine: Owner = { pid: process.pid, host: hostname(), boot: bootId(), since: new Date().toISOString() };
  let takenOver: string | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: "wx" });
      return { takenOver, release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = readOwner(path);
    if (owner !== undefined && isAlive(owner, mine)) {
      throw new RuntimeFailure(
        "locked",
        `Another apply is running on this experiment: process ${owner.pid} on ${owner.host}, since ${owner.since}.`,
        `Wait for it to finish, or stop it. If it cannot be running any more, delete ${path}.`,
      );
    }
    takenOver =
      owner === undefined
        ? "Took over a lock that could not be read."
        : `Took over the lock of process ${owner.pid} (since ${owner.since}), which is gone.`;
    rmSync(path, { force: true });
  }
  throw new RuntimeFailure("locked", `The lock ${path} could not be taken.`, "Try again in a moment.");
}

function readOwner(path: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof owner === "object" && owner !== null && "pid" in owner && "host" in owner) return owner as Owner;
  } catch (error) {
    if (existsSync(path) && !(error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

/** On another host nothing can be known of the process: it counts as alive. */
function isAlive(owner: Owner, mine: Owner): boolean {
  if (owner.host !== mine.host) return true;
  if (owner.boot !== mine.boot) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Linux only; elsewhere every boot looks the same and the process id alone decides. */
function bootId(): string {
  const path = "/proc/sys/kernel/random/boot_id";
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}
