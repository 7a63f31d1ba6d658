import { execFileSync } from "node:child_process";

/** The first NVIDIA GPU's memory as its driver tells it; undefined without a driver. */
export function gpuMemory(): { readonly freeBytes: number; readonly totalBytes: number } | undefined {
  let answer: string;
  try {
    const query = ["--query-gpu=memory.free,memory.total", "--format=csv,noheader,nounits", "--id=0"];
    answer = execFileSync("nvidia-smi", query, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    });
  } catch {
    return undefined;
  }
  const [free, total] = answer.split(",").map((mebibytes) => Number(mebibytes) * 2 ** 20);
  return free !== undefined && total !== undefined && free > 0 ? { freeBytes: free, totalBytes: total } : undefined;
}
