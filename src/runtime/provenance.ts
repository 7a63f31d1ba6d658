import { hostname } from "node:os";
import { execaSync } from "execa";
import type { Provenance } from "../domain/state.ts";

export type MachineProvenance = Pick<Provenance, "node" | "platform" | "host" | "git">;

/** What is the same for all tasks of a run. */
export function machineProvenance(projectDir: string): MachineProvenance {
  const { version: node, platform, arch } = process;
  return { node, platform: `${platform}-${arch}`, host: hostname(), git: gitRevision(projectDir) };
}

/** The largest this process has been so far. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** Null without git, or outside of a repository. */
function gitRevision(projectDir: string): string | null {
  const git = (...args: readonly string[]) =>
    execaSync("git", ["-C", projectDir, ...args], { reject: false, timeout: GIT_TIMEOUT_MS, stdin: "ignore" });
  const { exitCode, stdout } = git("rev-parse", "HEAD");
  if (exitCode !== 0) return null;
  const isClean = git("diff", "--quiet", "HEAD").exitCode === 0;
  return isClean ? stdout : `${stdout}-dirty`;
}

/** A repository on a slow disk is not worth waiting for. */
const GIT_TIMEOUT_MS = 3000;
