import { describe, expect, it } from "vitest";
import type { ModelMemory } from "../../src/domain/machine.ts";
import { groupLimits } from "../../src/runtime/doctor/control-group.ts";
import { reclaimableOnMac } from "../../src/runtime/doctor/machine.ts";
import { loadedTogether } from "../../src/runtime/doctor/together.ts";
import { memoryVerdict } from "../../src/runtime/doctor/verdict.ts";
import { compileFiles } from "../compiler/rig.ts";
import { projectOf } from "../compiler/fixture.ts";
import { FULL } from "../compiler/full-fixture.ts";

const GB = 1e9;

describe("limits of a control group", () => {
  const limits = (files: Readonly<Record<string, string>>) => groupLimits((path) => files[path]);

  it("are none where there are no groups", () => {
    expect(limits({})).toEqual({ memory: null, processors: null });
  });

  it("are those of a container, version 2", () => {
    expect(
      limits({
        "/proc/self/cgroup": "0::/\n",
        "/sys/fs/cgroup/memory.max": "8000000000\n",
        "/sys/fs/cgroup/memory.current": "3000000000\n",
        "/sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 1000000000\nactive_file 5\n",
        "/sys/fs/cgroup/cpu.max": "250000 100000\n",
      }),
    ).toEqual({ memory: { limitBytes: 8 * GB, freeBytes: 6 * GB }, processors: 2.5 });
  });

  it("are the tightest of the groups around a task of a job", () => {
    const job = "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
    expect(
      limits({
        "/proc/self/cgroup": "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n",
        [`${job}/step_0/user/task_0/memory.max`]: "max\n",
        [`${job}/step_0/memory.max`]: "64000000000\n",
        [`${job}/step_0/memory.current`]: "0\n",
        [`${job}/memory.max`]: "32000000000\n",
        [`${job}/memory.current`]: "2000000000\n",
        [`${job}/cpu.max`]: "max 100000\n",
      }),
    ).toEqual({ memory: { limitBytes: 32 * GB, freeBytes: 30 * GB }, processors: null });
  });

  it("are read of version 1, where no limit is a large number", () => {
    const files = {
      "/proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    };
    expect(limits(files)).toEqual({ memory: null, processors: null });
    expect(
      limits({
        ...files,
        "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "4000000000\n",
        "/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes": "5000000000\n",
        "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "150000\n",
        "/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
      }),
    ).toEqual({ memory: { limitBytes: 4 * GB, freeBytes: 0 }, processors: 1.5 });
  });
});

describe("memory of a Mac", () => {
  it("is what is free and what can be taken back", () => {
    const list = [
      "Mach Virtual Memory Statistics: (page size of 16384 bytes)",
      "Pages free:                               10000.",
      "Pages active:                            400000.",
      "Pages inactive:                          200000.",
      "Pages speculative:                         3000.",
      "Pages throttled:                              0.",
      "Pages wired down:                        150000.",
      "Pages purgeable:                           2000.",
      '"Translation faults":                1234567890.',
    ].join("\n");
    expect(reclaimableOnMac(list)).toBe(215_000 * 16_384);
    expect(reclaimableOnMac("vm_stat: not today")).toBeUndefined();
  });
});

describe("models in memory at once", () => {
  it("are those between the first task that runs them and the last", () => {
    const { experiment } = compileFiles(projectOf(FULL));
    if (experiment === undefined) throw new Error("the fixture is wrong");
    expect(loadedTogether(experiment)).toEqual([
      ["instruct"],
      ["instruct", "base"],
      ["instruct", "base", "judge"],
      ["base"],
    ]);
  });

  it("are one where two variants have the same weights", () => {
    const { experiment } = compileFiles(projectOf(FULL));
    if (experiment === undefined) throw new Error("the fixture is wrong");
    const variants = new Map(
      [...experiment.variants].map(([name, variant]) => [name, { ...variant, weightsDir: "/the/same" }]),
    );
    expect(loadedTogether({ tasks: experiment.tasks, variants })).toHaveLength(1);
  });
});

describe("whether models fit", () => {
  const model = (weights: number, perToken: number, tokens: number): ModelMemory => ({
    parameters: weights,
    weightsBytes: weights,
    batchBytes: perToken * tokens,
    bytesPerBatchToken: perToken,
  });

  it("leaves a twentieth of the memory alone", () => {
    const verdict = memoryVerdict([model(10 * GB, 100_000, 16_384)], 16 * GB, 16_384);
    expect(verdict).toEqual({
      neededBytes: 11_638_400_000,
      freeBytes: 16 * GB,
      leftBytes: 15.2 * GB - 11_638_400_000,
      fittingBatchTokens: undefined,
    });
  });

  it("names the batch with which they fit, in steps of 256 tokens", () => {
    const models = [model(5 * GB, 100_000, 65_536), model(5 * GB, 50_000, 65_536)];
    const verdict = memoryVerdict(models, 16 * GB, 65_536);
    expect(verdict.leftBytes).toBe(15.2 * GB - 10 * GB - 150_000 * 65_536);
    // (15.2 − 10) GB / 150,000 = 34,666.
    expect(verdict.fittingBatchTokens).toBe(34_560);
    const fitting = [model(5 * GB, 100_000, 34_560), model(5 * GB, 50_000, 34_560)];
    expect(memoryVerdict(fitting, 16 * GB, 34_560).leftBytes).toBeGreaterThanOrEqual(0);
  });

  it("names none where the weights alone are too much, or hardly a batch is left", () => {
    const tooLarge = memoryVerdict([model(20 * GB, 100_000, 16_384)], 16 * GB, 16_384);
    expect([tooLarge.leftBytes < 0, tooLarge.fittingBatchTokens]).toEqual([true, undefined]);
    expect(memoryVerdict([model(15.18 * GB, 100_000, 16_384)], 16 * GB, 16_384).fittingBatchTokens).toBeUndefined();
    // Of weights that are not here yet, nothing is known but their size.
    expect(memoryVerdict([model(20 * GB, 0, 16_384)], 16 * GB, 16_384).fittingBatchTokens).toBeUndefined();
  });
});
