import { rmSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { schemaCheck } from "../../src/runtime/schemas.ts";
import type { JsonValue } from "../../src/util/json.ts";
import { bareMachine, installation, LIBRARIES, linesOf, pathWithGpu } from "../rig/doctor.ts";
import { elfLibrary } from "../rig/elf.ts";
import { createProject, REPOSITORY, withServer, type Project } from "../rig/project.ts";
import { steerform, type Finished } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const CUDA = "libonnxruntime_providers_cuda.so";

async function run(installed: string, project: Project, env: Record<string, string>, ...args: readonly string[]) {
  const bin = join(installed, "bin/steerform.js");
  const options = { cwd: project.dir, reject: false, all: true, env: { NO_COLOR: "1", ...env } } as const;
  const { stdout, stderr, all, exitCode, signal, durationMs } = await execa(
    process.execPath,
    [bin, "doctor", ...args],
    options,
  );
  return { stdout, stderr, text: all, exitCode, signal, durationMs } satisfies Finished;
}

test.runIf(totalmem() < 900e9)(
  "models that do not fit: how much is missing, and the batch with which they do",
  async () => {
    const project = createProject();
    const tooMany = await run(REPOSITORY, project, bareMachine(), "--set", "engine.max_batch_tokens=16777216");
    expect(tooMany.exitCode).toBe(1);
    expect(tooMany.stdout).toMatch(
      /problem +memory +instruct, base at once take up to 906 GB of \S+ GB free: \S+ GB too much\n +Set engine\.max_batch_tokens: \d+ in place of 16777216; no result depends on it\.\n/,
    );
    const fitting = Number(/max_batch_tokens: (\d+)/.exec(tooMany.stdout)?.[1]);
    // Half of it: other programs take and give back memory in between.
    const half = `engine.max_batch_tokens=${Math.floor(fitting / 2)}`;
    expect(await run(REPOSITORY, project, bareMachine(), "--set", half)).toMatchObject({ exitCode: 0 });
  },
);

describe.runIf(process.platform === "linux" && process.arch === "x64")("CUDA", () => {
  test("a spec that asks for it, on a machine without: what is missing, exit 1", async () => {
    const found = await run(REPOSITORY, createProject(), bareMachine(), "--set", "engine.provider=cuda");
    expect(found.exitCode).toBe(1);
    expect(linesOf(found, "gpu")).toEqual(["note gpu no NVIDIA driver: there is no nvidia-smi on the PATH"]);
    expect(linesOf(found, "cuda")[0]).toBe(`problem cuda ${CUDA} is not beside libonnxruntime.so.1`);
    expect(linesOf(found, "engine")[0]).toContain("problem engine ONNX Runtime's CUDA library is not installed");
  });

  test("a GPU and no library: auto leaves it alone, and doctor says how to change that", async () => {
    const env = bareMachine(pathWithGpu("580.95.05"));
    const found = await run(REPOSITORY, createProject(), env, "--set", "engine.provider=auto");
    expect(found.exitCode).toBe(0);
    expect(linesOf(found, "gpu")).toEqual(["ok gpu 0: NVIDIA H100 80GB HBM3, 85 GB free of 86 GB, driver 580.95.05"]);
    expect(linesOf(found, "cuda")[1]).toBe(
      "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false",
    );
    expect(linesOf(found, "auto")).toEqual(["note auto chooses cpu, and leaves the GPU alone: see cuda"]);
  });

  test("a library of another version, which auto would take", async () => {
    const folder = installation();
    writeFileSync(join(folder, LIBRARIES, CUDA), elfLibrary([], "\x001.22.0\0"));
    const project = createProject();
    project.editSpec("provider: cpu", "provider: auto");
    const found = await run(folder, project, bareMachine(pathWithGpu("580.95.05")));
    expect(found.exitCode).toBe(1);
    expect(linesOf(found, "cuda")[0]).toBe(
      `problem cuda ${CUDA} is of ONNX Runtime 1.22.0, and onnxruntime-node is 1.30.0`,
    );
    expect(linesOf(found, "auto")).toEqual([
      "note auto would choose cuda, which does not work here",
      "Set engine.provider: cpu until it does.",
    ]);
    expect(linesOf(found, "engine")).toEqual(["ok engine specs/small.yaml runs on cuda in bfloat16"]);
    expect(found.stdout).toMatch(/ok +memory +instruct, base at once take up to \S+ MB of 85 GB free on the GPU\n/);
  });

  test("a library whose own libraries are not found", async () => {
    const folder = installation();
    const library = elfLibrary(["libcublas.so.77", "libcudart.so.77"], "\x001.30.0\0");
    writeFileSync(join(folder, LIBRARIES, CUDA), library);
    writeFileSync(join(folder, LIBRARIES, "libonnxruntime_providers_shared.so"), "");
    const found = await run(folder, createProject(), bareMachine(pathWithGpu("580.95.05")));
    expect(linesOf(found, "cuda")).toEqual([
      "note cuda it needs CUDA 77 and does not find libcublas.so.77, libcudart.so.77",
      "pip install nvidia-cublas nvidia-cuda-runtime, or your cluster's module of CUDA 77",
      "Then run doctor again: it says what LD_LIBRARY_PATH has to be. More in docs/how-to/run-on-a-gpu.md.",
    ]);
  });

  test("an ONNX Runtime that cannot be loaded at all", async () => {
    const folder = installation();
    rmSync(join(folder, LIBRARIES, "libonnxruntime.so.1"));
    const found = await run(folder, createProject(), bareMachine());
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toContain(
      "ONNX Runtime does not work: libonnxruntime.so.1: cannot open shared object file: No such file or directory",
    );
  });
});

test("--json is as its schema says", async () => {
  const project = createProject(withServer("http://127.0.0.1:9/v1"));
  const check = schemaCheck("doctor");
  const runs = await Promise.all([
    run(REPOSITORY, project, bareMachine(), "--json", "--check-judge"),
    run(REPOSITORY, project, bareMachine(), "--json", "--set", "engine={provider: auto, dtype: float16}"),
    run(REPOSITORY, project, bareMachine(pathWithGpu("580.95.05")), "--json", "--set", "application=nobody"),
    steerform(["doctor", "--json"], tempFolder(), bareMachine()),
  ]);
  for (const { stdout, exitCode } of runs) {
    const document = JSON.parse(stdout) as { readonly ok: boolean };
    expect(check(document as unknown as JsonValue)).toEqual([]);
    expect(document.ok).toBe(exitCode === 0);
  }
});
