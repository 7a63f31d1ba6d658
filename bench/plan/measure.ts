import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Measurement {
  /** Sorted. */
  readonly seconds: readonly number[];
  /** Of the largest process, the highest of all runs. */
  readonly peakMegabytes: number;
  /** The last run's standard output. */
  readonly output: string;
}

/** One run to warm up, then so many that count; what a command prints goes to a file. Throws when a run fails. */
export function measure(cwd: string, command: readonly string[], runs = 3): Measurement {
  const seconds: number[] = [];
  let peakMegabytes = 0;
  const [outPath, timePath] = [join(cwd, "stdout.txt"), join(cwd, "time.txt")];
  for (let run = 0; run <= runs; run++) {
    const out = openSync(outPath, "w");
    const began = performance.now();
    const { status, stderr } = spawnSync("/usr/bin/time", ["-f", "%M", "-o", timePath, ...command], {
      cwd,
      stdio: ["ignore", out, "pipe"],
      encoding: "utf8",
    });
    const took = (performance.now() - began) / 1000;
    closeSync(out);
    if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}:\n${stderr.slice(-2000)}`);
    if (run === 0) continue;
    seconds.push(took);
    peakMegabytes = Math.max(peakMegabytes, Number(readFileSync(timePath, "utf8").trim()) / 1024);
  }
  return { seconds: seconds.toSorted((a, b) => a - b), peakMegabytes, output: readFileSync(outPath, "utf8") };
}
