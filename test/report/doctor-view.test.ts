import { describe, expect, it } from "vitest";
import type { ProviderFacts } from "../../src/domain/machine.ts";
import { doctorFindings, hasProblem } from "../../src/report/doctor/findings.ts";
import { formatFindings } from "../../src/report/doctor/view.ts";
import { createStyle } from "../../src/report/style.ts";
import type { DoctorFacts } from "../../src/runtime/doctor/examine.ts";
import type { SpecFacts } from "../../src/runtime/doctor/examine-spec.ts";

const GB = 1e9;
const FOLDER = "/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64";

/** A workstation on which everything works. */
const PROVIDERS: ProviderFacts = {
  runtime: { version: "1.30.0", folder: FOLDER },
  trials: [
    { provider: "cpu", works: true, reason: "" },
    { provider: "cuda", works: true, reason: "" },
    { provider: "webgpu", works: true, reason: "" },
  ],
  auto: "cuda",
  nvidia: {
    status: "ok",
    version: "580.95.05",
    gpus: [
      {
        index: 1,
        uuid: "GPU-b",
        name: "NVIDIA H100 80GB HBM3",
        totalBytes: 85.5 * GB,
        freeBytes: 84 * GB,
        visible: true,
      },
      {
        index: 0,
        uuid: "GPU-a",
        name: "NVIDIA H100 80GB HBM3",
        totalBytes: 85.5 * GB,
        freeBytes: 1 * GB,
        visible: false,
      },
    ],
  },
  cuda: {
    path: `${FOLDER}/libonnxruntime_providers_cuda.so`,
    status: "present",
    version: "1.30.0",
    hasShared: true,
    cudaMajor: 13,
    missing: [],
  },
};

const LLAMA = { parameters: 8.03e9, weightsBytes: 16.06 * GB, batchBytes: 3.6 * GB, bytesPerBatchToken: 139_264 };

const SPEC: SpecFacts = {
  status: "valid",
  file: "specs/model_diff.yaml",
  experiment: "model_diff",
  engine: { provider: "auto", dtype: "bfloat16", devices: undefined, workers: 1, maxBatchTokens: 16_384 },
  placement: { provider: "cuda", type: "bfloat16" },
  models: [
    { variant: "base", model: "llama-3.1-8b", weights: { status: "found", folder: "/cache/base" }, memory: LLAMA },
    {
      variant: "instruct",
      model: "llama-3.1-8b-instruct",
      weights: { status: "downloadable", repository: "meta-llama/Llama-3.1-8B-Instruct", bytes: 16.06 * GB },
      memory: { ...LLAMA, batchBytes: 0, bytesPerBatchToken: 0 },
    },
  ],
  memory: {
    variants: ["base", "instruct"],
    neededBytes: 35.7 * GB,
    freeBytes: 84 * GB,
    leftBytes: 44.1 * GB,
    fittingBatchTokens: undefined,
  },
  outputBytes: 3 * GB,
  judge: {
    provider: "openai",
    model: "gpt-4.1-mini",
    baseUrl: "https://api.openai.com/v1",
    apiKeyEnv: "OPENAI_API_KEY",
    hasKey: true,
    reach: undefined,
  },
};

const FACTS: DoctorFacts = {
  machine: {
    steerform: "0.1.0",
    node: "v20.20.0",
    platform: "linux-x64",
    cpu: { model: "AMD EPYC 9654 96-Core Processor", processors: 192, usable: 16 },
    memory: { totalBytes: 811 * GB, freeBytes: 62 * GB, limitBytes: 64 * GB },
    disks: [
      { holds: "experiments", path: "/data/experiments/model_diff", freeBytes: 210 * GB },
      { holds: "weights", path: "/scratch/huggingface/hub", freeBytes: 900 * GB },
    ],
  },
  providers: PROVIDERS,
  spec: SPEC,
};

const view = (facts: DoctorFacts): string => formatFindings(doctorFindings(facts), createStyle(false));

it("shows a node of a cluster in one screen", () => {
  expect(view(FACTS)).toMatchInlineSnapshot(`
    "Machine
      ok       cpu       AMD EPYC 9654 96-Core Processor: 192 processors, 16 of them for this process
      ok       memory    62 GB free of 811 GB; this process may have 64 GB
      ok       disk      210 GB free where experiments are kept (/data/experiments/model_diff)
      ok       disk      900 GB free where weights are kept (/scratch/huggingface/hub)

    Providers
      ok       cpu       works, with ONNX Runtime 1.30.0
      ok       gpu       1: NVIDIA H100 80GB HBM3, 84 GB free of 86 GB, driver 580.95.05
      note     gpu       0: NVIDIA H100 80GB HBM3, hidden by CUDA_VISIBLE_DEVICES
      ok       cuda      works, with ONNX Runtime 1.30.0 and CUDA 13
      ok       webgpu    works
      ok       auto      chooses cuda

    Models
      ok       engine    specs/model_diff.yaml runs on cuda in bfloat16
      ok       base      llama-3.1-8b, 8.0 billion parameters, 16 GB in memory and 3.6 GB for passes
      note     instruct  llama-3.1-8b-instruct, 8.0 billion parameters, 16 GB in memory; apply downloads hf://meta-llama/Llama-3.1-8B-Instruct, about 16 GB
      ok       memory    base, instruct at once take at least 36 GB of 84 GB free on the GPU

    Judge
      ok       judge     gpt-4.1-mini at https://api.openai.com/v1
      ok       key       OPENAI_API_KEY is set
      note     server    not asked whether it answers
                         steerform doctor --check-judge asks it."
  `);
  expect(hasProblem(doctorFindings(FACTS))).toBe(false);
});

it("shows a laptop on which a study cannot run", () => {
  const facts: DoctorFacts = {
    machine: {
      ...FACTS.machine,
      platform: "darwin-arm64",
      cpu: { model: "Apple M3", processors: 8, usable: 8 },
      memory: { totalBytes: 17.2 * GB, freeBytes: 6 * GB, limitBytes: null },
      disks: [
        { holds: "experiments", path: "/Users/me/study/experiments/model_diff", freeBytes: 2 * GB },
        { holds: "weights", path: "/Users/me/.cache/huggingface/hub", freeBytes: 2 * GB },
      ],
    },
    providers: {
      ...PROVIDERS,
      trials: PROVIDERS.trials.filter(({ provider }) => provider !== "cuda"),
      auto: "cpu",
      nvidia: { status: "absent" },
      cuda: { ...PROVIDERS.cuda, status: "absent", version: undefined, hasShared: false, cudaMajor: undefined },
    },
    spec: {
      ...SPEC,
      placement: { provider: "cpu", type: "float32" },
      memory: {
        variants: ["base", "instruct"],
        neededBytes: 68 * GB,
        freeBytes: 6 * GB,
        leftBytes: -62.3 * GB,
        fittingBatchTokens: undefined,
      },
      judge: {
        ...SPEC.judge,
        hasKey: false,
        reach: { status: "unreachable", reason: "no reply in time" },
      } as SpecFacts["judge"],
    },
  };
  expect(view(facts)).toMatchInlineSnapshot(`
    "Machine
      ok       cpu       Apple M3: 8 processors
      ok       memory    6.0 GB free of 17 GB
      problem  disk      2.0 GB free where experiments are kept (/Users/me/study/experiments/model_diff), and apply writes up to 3.0 GB
                         Free some space, or narrow the experiment: steerform plan says what takes it.
      ok       disk      2.0 GB free where weights are kept (/Users/me/.cache/huggingface/hub)

    Providers
      ok       cpu       works, with ONNX Runtime 1.30.0
      note     cuda      ONNX Runtime for Node has it on Linux x64 only
      ok       webgpu    works
      ok       auto      chooses cpu; webgpu works, and is used where a spec says engine.provider: webgpu

    Models
      ok       engine    specs/model_diff.yaml runs on cpu in float32
      ok       base      llama-3.1-8b, 8.0 billion parameters, 16 GB in memory and 3.6 GB for passes
      note     instruct  llama-3.1-8b-instruct, 8.0 billion parameters, 16 GB in memory; apply downloads hf://meta-llama/Llama-3.1-8B-Instruct, about 16 GB
      problem  disk      downloads of about 16 GB do not fit on a disk with 2.0 GB free
                         export HF_HOME=... names a folder on a larger one.
      problem  memory    base, instruct at once take at least 68 GB of 6.0 GB free: 62 GB too much
                         Choose smaller models, or a machine with more memory.

    Judge
      ok       judge     gpt-4.1-mini at https://api.openai.com/v1
      problem  key       the environment variable OPENAI_API_KEY is not set
                         export OPENAI_API_KEY=...
      problem  server    does not answer: no reply in time
                         Check judge.base_url, whether the server runs, and whether this machine has a network."
  `);
});

describe("CUDA that does not work", () => {
  type Cuda = ProviderFacts["cuda"];
  const broken = (cuda: Partial<Cuda>, more: Partial<ProviderFacts> = {}, reason = "it said so"): string[] => {
    const trials = PROVIDERS.trials.map((trial) =>
      trial.provider === "cuda" ? { ...trial, works: false, reason } : trial,
    );
    const providers = { ...PROVIDERS, trials, cuda: { ...PROVIDERS.cuda, ...cuda }, ...more };
    const found = doctorFindings({ ...FACTS, providers }).find(({ subject }) => subject === "cuda");
    expect(found?.level).toBe("problem");
    return [found?.text ?? "", ...(found?.hints ?? [])];
  };

  it("because its library is cut short", () => {
    expect(broken({ status: "unreadable", version: undefined })[0]).toBe(
      "libonnxruntime_providers_cuda.so is no shared library, or is cut short",
    );
  });

  it("because the library that it is loaded by is not there", () => {
    expect(broken({ hasShared: false })[0]).toBe("libonnxruntime_providers_shared.so is not beside it");
  });

  it("because libraries are where the loader does not look: the line that makes it look there", () => {
    const packages = "/venv/lib/python3.12/site-packages/nvidia/cu13/lib";
    const missing = ["libcublasLt.so.13", "libcudart.so.13"].map((name) => ({ name, foundIn: packages }));
    expect(broken({ missing })).toEqual([
      "it needs CUDA 13 and does not find libcublasLt.so.13, libcudart.so.13",
      `export LD_LIBRARY_PATH=${packages}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    ]);
  });

  it("because libraries are nowhere: the packages that have them, by the CUDA that is needed", () => {
    const missing = (major: number) =>
      [`libcublas.so.${major}`, `libcublasLt.so.${major}`, "libcurand.so.10", "libcudnn.so.9"].map((name) => ({
        name,
        foundIn: undefined,
      }));
    expect(broken({ missing: missing(13) })[1]).toBe(
      "pip install nvidia-cublas nvidia-curand nvidia-cudnn-cu13, or your cluster's module of CUDA 13",
    );
    expect(broken({ cudaMajor: 12, missing: missing(12) })[1]).toBe(
      "pip install nvidia-cublas-cu12 nvidia-curand-cu12 nvidia-cudnn-cu12, or your cluster's module of CUDA 12",
    );
  });

  it("because there is no driver, which only a container's options bring in", () => {
    const missing = [{ name: "libcuda.so.1", foundIn: undefined }];
    expect(broken({ missing }, { nvidia: { status: "absent" } })).toEqual([
      "there is no NVIDIA driver (libcuda.so.1)",
      "In a container: docker run --gpus all …, apptainer exec --nv …; on a cluster, ask the job for a GPU.",
    ]);
  });

  it("because the driver is older than the CUDA", () => {
    const nvidia = { status: "ok", version: "535.183.06", gpus: [] } as const;
    expect(broken({}, { nvidia })).toEqual([
      "driver 535.183.06 is too old for CUDA 13, which needs 580",
      "Update the driver, or use a library for an older CUDA: docs/how-to/run-on-a-gpu.md.",
    ]);
  });

  it("for a reason that ONNX Runtime knows", () => {
    expect(broken({}, {}, "CUDA failure 100: no CUDA-capable device is detected")).toEqual([
      "CUDA failure 100: no CUDA-capable device is detected",
      "Look through docs/how-to/run-on-a-gpu.md.",
    ]);
  });
});
