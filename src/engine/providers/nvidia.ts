import { execFileSync } from "node:child_process";
import type { Gpu, NvidiaDriver } from "../../domain/machine.ts";

/** What the driver says of its GPUs, through the program that comes with it. */
export function nvidiaDriver(env: Environment = process.env): NvidiaDriver {
  const query = "--query-gpu=index,uuid,name,memory.total,memory.free,driver_version";
  let answer: string;
  try {
    answer = execFileSync("nvidia-smi", [query, "--format=csv,noheader,nounits"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
    });
  } catch (error) {
    return refusal(error);
  }
  return readAnswer(answer, env["CUDA_VISIBLE_DEVICES"]);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A driver that is asleep takes seconds to wake up. */
const TIMEOUT_MS = 20_000;
const MEBIBYTE = 2 ** 20;

function refusal(error: unknown): NvidiaDriver {
  if (!(error instanceof Error)) throw error;
  const { code, stdout, stderr } = error as NodeJS.ErrnoException & {
    readonly stdout?: string;
    readonly stderr?: string;
  };
  if (code === "ENOENT") return { status: "absent" };
  // It writes its excuses to either stream.
  const said = `${stdout ?? ""}\n${stderr ?? ""}`.split("\n").map((line) => line.trim());
  return { status: "failed", message: said.find((line) => line !== "") ?? error.message };
}

function readAnswer(answer: string, visible: string | undefined): NvidiaDriver {
  const rows = answer
    .split("\n")
    .map((line) => line.split(",").map((field) => field.trim()))
    .filter((fields) => fields.length === 6);
  const [first] = rows;
  if (first === undefined) {
    return { status: "failed", message: answer.trim().split("\n")[0] || "It names no GPU." };
  }
  const gpus = rows.map(([index, uuid, name, total, free]) => ({
    index: Number(index),
    uuid: uuid!,
    name: name!,
    totalBytes: Number(total) * MEBIBYTE,
    freeBytes: Number(free) * MEBIBYTE,
  }));
  return { status: "ok", version: first[5]!, gpus: withVisibility(gpus, visible) };
}

/**
 * CUDA_VISIBLE_DEVICES lists indices, or beginnings of UUIDs; what comes after an entry that names no GPU is not used.
 * Unset, all are. Those that are come first, in its order: what CUDA calls its device 0 is the first of them.
 * Source: CUDA C++ Programming Guide, environment variables.
 */
function withVisibility(gpus: readonly Omit<Gpu, "visible">[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return gpus.map((gpu) => ({ ...gpu, visible: true }));
  const chosen: Gpu[] = [];
  for (const entry of visible.split(",").map((part) => part.trim())) {
    const gpu = gpus.find(({ index, uuid }) =>
      /^\d+$/.test(entry) ? index === Number(entry) : entry.startsWith("GPU-") && uuid.startsWith(entry),
    );
    if (gpu === undefined) break;
    chosen.push({ ...gpu, visible: true });
  }
  const rest = gpus.filter(({ index }) => chosen.every((gpu) => gpu.index !== index));
  return [...chosen, ...rest.map((gpu) => ({ ...gpu, visible: false }))];
}
