import type { CudaLibrary, MissingLibrary, NvidiaDriver, ProviderFacts } from "../../domain/machine.ts";
import { formatBytes } from "../units.ts";
import { findingsOf, type Finding, type Level } from "./finding.ts";

const finding = findingsOf("providers");

export const GPU_PAGE = "docs/how-to/run-on-a-gpu.md";
/** The driver that a CUDA of this major version runs on at the least. Source: CUDA Toolkit release notes, table 2. */
const LEAST_DRIVER: Readonly<Record<number, number>> = { 11: 450, 12: 525, 13: 580 };
const DRIVER = "libcuda.so.1";

/** NVIDIA's GPUs; nothing where there never are any. */
export function gpuFindings(nvidia: NvidiaDriver, platform: string): Finding[] {
  switch (nvidia.status) {
    case "absent":
      if (platform.startsWith("darwin")) return [];
      return [finding("gpu", "note", "no NVIDIA driver: there is no nvidia-smi on the PATH")];
    case "failed":
      return [
        finding("gpu", "note", `NVIDIA's driver does not answer: ${nvidia.message}`, "Look at what nvidia-smi says."),
      ];
    case "ok":
      return nvidia.gpus.map(({ index, name, freeBytes, totalBytes, visible }) => {
        const memory = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}, driver ${nvidia.version}`;
        if (visible) return finding("gpu", "ok", `${index}: ${name}, ${memory}`);
        return finding("gpu", "note", `${index}: ${name}, hidden by CUDA_VISIBLE_DEVICES`);
      });
  }
}

/** Whether models run on CUDA; if not, the first thing that has to be done for it. `level`: of its failing. */
export function cudaFinding({ runtime, trials, cuda, nvidia }: ProviderFacts, platform: string, level: Level): Finding {
  const trial = trials.find(({ provider }) => provider === "cuda");
  const fails = (text: string, ...hints: readonly string[]): Finding => finding("cuda", level, text, ...hints);
  if (trial?.works === true) {
    const major = cuda.cudaMajor === undefined ? "" : ` and CUDA ${cuda.cudaMajor}`;
    return finding("cuda", "ok", `works, with ONNX Runtime ${runtime.version}${major}`);
  }
  if (platform !== "linux-x64") return fails("ONNX Runtime for Node has it on Linux x64 only");
  const install = installHints(runtime.version, runtime.folder);
  const library = cuda.path.slice(runtime.folder.length + 1);
  if (cuda.status === "absent") {
    const text = `${library} is not beside libonnxruntime.so.1`;
    // On a machine without a GPU, nobody needs to be told how to install it.
    return nvidia.status === "ok" || level === "problem" ? fails(text, ...install) : fails(text);
  }
  if (cuda.status === "unreadable") return fails(`${library} is no shared library, or is cut short`, ...install);
  if (cuda.version !== undefined && cuda.version !== runtime.version) {
    const text = `${library} is of ONNX Runtime ${cuda.version}, and onnxruntime-node is ${runtime.version}`;
    return fails(text, ...install);
  }
  if (!cuda.hasShared) return fails("libonnxruntime_providers_shared.so is not beside it", ...install);
  const missing = cuda.missing.filter(({ name }) => name !== DRIVER);
  if (missing.length > 0) return fails(missingText(missing, cuda), ...libraryHints(missing, cuda));
  if (missing.length < cuda.missing.length || nvidia.status !== "ok") {
    return fails(`there is no NVIDIA driver (${DRIVER})`, ...DRIVER_HINTS);
  }
  const least = LEAST_DRIVER[cuda.cudaMajor ?? 0];
  if (least !== undefined && Number.parseInt(nvidia.version, 10) < least) {
    const text = `driver ${nvidia.version} is too old for CUDA ${cuda.cudaMajor}, which needs ${least}`;
    return fails(text, `Update the driver, or use a library for an older CUDA: ${GPU_PAGE}.`);
  }
  return fails(trial?.reason ?? "it was not tried", `Look through ${GPU_PAGE}.`);
}

const DRIVER_HINTS = [
  "In a container: docker run --gpus all …, apptainer exec --nv …; on a cluster, ask the job for a GPU.",
] as const;

function installHints(version: string, folder: string): string[] {
  return [
    "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false",
    `Where that does not reach its feed, or for CUDA 13: the two libraries of onnxruntime-gpu ${version} from PyPI into`,
    `${folder}, step by step in ${GPU_PAGE}.`,
  ];
}

function missingText(missing: readonly MissingLibrary[], { cudaMajor }: CudaLibrary): string {
  const names = missing.map(({ name }) => name).join(", ");
  return `it needs CUDA ${cudaMajor ?? ""} and does not find ${names}`.replace("CUDA  and", "CUDA and");
}

function libraryHints(missing: readonly MissingLibrary[], { cudaMajor }: CudaLibrary): string[] {
  const folders = [...new Set(missing.flatMap(({ foundIn }) => foundIn ?? []))];
  const path = `export LD_LIBRARY_PATH=${folders.join(":")}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`;
  const absent = missing.filter(({ foundIn }) => foundIn === undefined);
  if (absent.length === 0) return [path];
  const packages = [...new Set(absent.flatMap(({ name }) => packageOf(name, cudaMajor) ?? []))];
  return [
    ...(packages.length === 0
      ? []
      : [`pip install ${packages.join(" ")}, or your cluster's module of CUDA ${cudaMajor ?? ""}`.trim()]),
    `Then run doctor again: it says what LD_LIBRARY_PATH has to be. More in ${GPU_PAGE}.`,
  ];
}

/** NVIDIA's package on PyPI that a library is in. Up to CUDA 12, their names end in the version. */
function packageOf(library: string, cudaMajor: number | undefined): string | undefined {
  const names: readonly (readonly [start: string, name: string])[] = [
    ["libcublas", "nvidia-cublas"],
    ["libcudart", "nvidia-cuda-runtime"],
    ["libcurand", "nvidia-curand"],
    ["libcufft", "nvidia-cufft"],
    ["libnvrtc", "nvidia-cuda-nvrtc"],
  ];
  if (library.startsWith("libcudnn")) return `nvidia-cudnn-cu${cudaMajor ?? 12}`;
  const found = names.find(([start]) => library.startsWith(start))?.[1];
  return found === undefined || (cudaMajor ?? 13) >= 13 ? found : `${found}-cu${cudaMajor}`;
}
