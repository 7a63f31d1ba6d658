import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted, RuntimeFailure } from "./failures.ts";
import { makeFolder } from "./files.ts";
import { bootId, isRunning, startOf } from "./process-identity.ts";

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly boot: string;
  /** When the process was started, so that another one with the same id is not taken for it. */
  readonly started?: string | undefined;
  readonly since: string;
}

export interface Lock {
  /** Set when a dead owner's lock was taken over: what to tell the user. */
  readonly takenOver: string | undefined;
  release(): void;
}

const ATTEMPTS = 50;
const PAUSE_MS = 20;
const WAIT_MS = 200;
/** Whoever takes a lock over needs milliseconds; a mark of it that is older is of a process that died meanwhile. */
const TAKING_MS = 10_000;

/**
 * One writer an experiment. A lock whose owner is dead (its process is gone, or the machine was restarted) is taken
 * over; a live owner's is a RuntimeFailure `locked` that names it. Released when the process exits, at the latest.
 */
export function acquireLock(folder: string): Lock {
  const lock = tryLock(join(folder, ".steerform", "lock"));
  if ("release" in lock) return lock;
  throw lockedBy(lock);
}

/** The lock of whatever else a path names, as soon as nobody has it. `onWait` gets to know who has, once. */
export async function waitForLock(path: string, signal: AbortSignal, onWait: (owner: string) => void): Promise<Lock> {
  for (let waits = false; ; waits = true) {
    if (signal.aborted) throw new Interrupted();
    const lock = tryLock(path);
    if ("release" in lock) return lock;
    if (!waits) onWait(`process ${lock.pid} on ${lock.host} (its lock: ${path})`);
    await sleep(WAIT_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The lock, or its live owner. */
function tryLock(path: string): Lock | Owner {
  makeFolder(dirname(path));
  const { pid } = process;
  const mine: Owner = { pid, host: hostname(), boot: bootId(), started: startOf(pid), since: new Date().toISOString() };
  let takenOver: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, JSON.stringify(mine))) return heldLock(path, mine, takenOver);
    const found = read(path);
    if (found === undefined) continue;
    const owner = parseOwner(found);
    if (owner !== undefined && isAlive(owner, mine)) return owner;
    // An owner that cannot be read may be about to be written.
    if ((owner === undefined && attempt < ATTEMPTS / 2) || !remove(path, found)) pause();
    else {
      takenOver =
        owner === undefined
          ? "Took over a lock that could not be read."
          : `Took over the lock of process ${owner.pid} (since ${owner.since}), which is gone.`;
    }
  }
  throw new RuntimeFailure("locked", `The lock ${path} could not be taken.`, "Try again in a moment.");
}

/**
 * Removes the lock of a dead owner, or with `force` whosever it is. Says what was done. Throws RuntimeFailure `locked` for a
 * live owner's.
 */
export function breakLock(folder: string, force: boolean): string {
  const path = join(folder, ".steerform", "lock");
  const found = read(path);
  if (found === undefined) return "There is no lock.";
  const owner = parseOwner(found);
  const mine: Owner = { pid: process.pid, host: hostname(), boot: bootId(), since: "" };
  if (owner !== undefined && !force && isAlive(owner, mine)) throw lockedBy(owner);
  rmSync(path, { force: true });
  return owner === undefined
    ? "Removed a lock that could not be read."
    : `Removed the lock of process ${owner.pid} on ${owner.host} (since ${owner.since}).`;
}

function heldLock(path: string, mine: Owner, takenOver: string | undefined): Lock {
  const release = (): void => {
    process.off("exit", release);
    // Somebody may have deleted the lock by hand, and a third have taken it.
    if (read(path) === JSON.stringify(mine)) rmSync(path, { force: true });
  };
  process.on("exit", release);
  return { takenOver, release };
}

function lockedBy({ pid, host, since }: Owner): RuntimeFailure {
  return new RuntimeFailure(
    "locked",
    `Another apply is running on this experiment: process ${pid} on ${host}, since ${since}.`,
    `Wait for it to finish, or stop it. If it cannot be running any more: steerform state unlock --force.`,
  );
}

/** Removes a dead owner's lock, which only one process at a time may do: a slower one would remove its successor's. */
function remove(path: string, found: string): boolean {
  const taking = `${path}.taking`;
  if (!create(taking, "")) {
    // Undefined when it is gone: what is there a moment later is another's.
    const since = statSync(taking, { throwIfNoEntry: false })?.mtimeMs;
    // Old, or of the future: the clock was set back since.
    if (since !== undefined && Math.abs(Date.now() - since) > TAKING_MS) rmSync(taking, { force: true });
    return false;
  }
  try {
    if (read(path) !== found) return false;
    rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(taking, { force: true });
  }
}

/** False when the file is there already. */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Undefined when there is no such file. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    if (typeof owner === "object" && owner !== null && "pid" in owner && "host" in owner) return owner as Owner;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return undefined;
}

/** On another host nothing can be known of the process: it counts as alive. */
function isAlive(owner: Owner, mine: Owner): boolean {
  if (owner.host !== mine.host) return true;
  return owner.boot === mine.boot && isRunning(owner.pid, owner.started);
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
