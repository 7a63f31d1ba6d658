/**
 * A peer of cpu.ts: generation and a forward pass by transformers.js. Reads a JSON job, prints a JSON result. It can
 * neither steer nor return residual streams, so it writes unsteered, and its pass over the extracted rows gives logits.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import type { Job, Measured, Spent } from "./cpu.ts";

interface Batch {
  readonly input_ids: object;
  readonly attention_mask: object;
}

interface CausalModel {
  (batch: Batch): Promise<unknown>;
  generate(
    options: Batch & { readonly max_new_tokens: number; readonly min_new_tokens: number; readonly do_sample: false },
  ): Promise<{ readonly dims: readonly number[]; readonly data: BigInt64Array }>;
}

interface TransformersJs {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly AutoModelForCausalLM: { from_pretrained(name: string, options: object): Promise<CausalModel> };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => object;
}

console.log(JSON.stringify(await measure(JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Job)));

function load(): TransformersJs {
  const from = process.env["TRANSFORMERS_JS"];
  const name = "@huggingface/transformers";
  try {
    return createRequire(from === undefined ? import.meta.url : join(resolve(from), "/"))(name) as TransformersJs;
  } catch {
    console.error(
      `${name} is not here: npm install --no-save ${name}, or TRANSFORMERS_JS=<folder where it is installed>`,
    );
    return process.exit(1);
  }
}

async function measure(job: Job): Promise<Measured> {
  const { env, AutoModelForCausalLM, Tensor } = load();
  const folder = resolve(job.onnxDir!);
  env.allowRemoteModels = false;
  env.localModelPath = `${dirname(folder)}/`;
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
    dtype: "fp32",
    device: "cpu",
    session_options: { intraOpNumThreads: job.threads },
  });

  const padded = (rows: readonly (readonly number[])[]): Batch => {
    const width = Math.max(...rows.map((row) => row.length));
    const tensor = (pad: (row: readonly number[]) => readonly number[]): object => {
      const data = BigInt64Array.from(
        rows.flatMap((row) => [...Array.from({ length: width - row.length }, () => 0), ...pad(row)]),
        BigInt,
      );
      return new Tensor("int64", data, [rows.length, width]);
    };
    return { input_ids: tensor((row) => row), attention_mask: tensor((row) => row.map(() => 1)) };
  };
  const spent: Record<string, Spent> = {};
  /** In batches of rows of about the same length. */
  const time = async (name: string, rows: Job["generate"], work: (batch: Batch, rows: number[]) => Promise<void>) => {
    const [startedMs, before] = [performance.now(), process.cpuUsage()];
    const order = [...rows.keys()].toSorted((a, b) => rows[a]!.length - rows[b]!.length);
    for (let first = 0; first < order.length; first += job.batch) {
      const chosen = order.slice(first, first + job.batch);
      await work(padded(chosen.map((row) => rows[row]!)), chosen);
    }
    const { user, system } = process.cpuUsage(before);
    spent[name] = { wall: (performance.now() - startedMs) / 1000, cpu: (user + system) / 1e6 };
  };

  const ids: number[][] = [];
  const write = (newTokens: number) => async (batch: Batch, rows: number[]) => {
    const limits = { max_new_tokens: newTokens, min_new_tokens: newTokens, do_sample: false } as const;
    const { dims, data } = await model.generate({ ...batch, ...limits });
    for (const [place, row] of rows.entries()) {
      const end = (place + 1) * dims[1]!;
      ids[row] = Array.from(data.subarray(end - newTokens, end), Number);
    }
  };
  await write(2)(padded(job.generate.slice(0, 2)), [0, 1]);
  await time("generation", job.generate, write(job.newTokens));
  await time("extraction", job.extract, async (batch) => void (await model(batch)));
  return { spent, ids };
}
