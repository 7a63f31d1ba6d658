import { parentPort, workerData } from "node:worker_threads";
import { describeFailure } from "../thread-failure.ts";
import { ChangeReader } from "./change.ts";
import type { Answers, JobKind, Jobs, Request, Response, ThreadOptions } from "./jobs.ts";
import type { Products } from "./products.ts";
import { stopped, type CheckStop } from "./stop.ts";
import { TensorFiles } from "./tensor-file.ts";

/** A thread that reads weights: one job at a time, the next is sent when the last was answered. */

if (parentPort === null) throw new Error("Internal error: the worker of weights was not started as a worker");
const port = parentPort;
const { stopped: flag, multiplyingThreads } = workerData as ThreadOptions;
const checkStop: CheckStop = () => {
  if (Atomics.load(flag, 0) !== 0) throw stopped();
};
const files = new TensorFiles(checkStop);
const changes = new ChangeReader(files);
// Norms need no ONNX Runtime.
let multiplying: Promise<Multiplying> | undefined;
let last: Promise<void> = Promise.resolve();

interface Multiplying {
  readonly products: Products;
  readonly lens: (job: Jobs["lens"]) => Promise<Answers["lens"]>;
  readonly alignment: (job: Jobs["alignment"]) => Promise<Answers["alignment"]>;
}

port.on("message", (request: Request) => {
  if ("close" in request) void last.then(close);
  else last = answer(request);
});

async function answer(request: Exclude<Request, { readonly close: true }>): Promise<void> {
  const send = (response: Response): void => port.postMessage(response);
  try {
    send({ answer: await perform(request) });
  } catch (error) {
    send({ failed: describeFailure(error) });
  }
}

async function perform(request: Exclude<Request, { readonly close: true }>): Promise<Answers[JobKind]> {
  if (request.kind === "change") return changes.read(request.job);
  const { lens, alignment } = await (multiplying ??= openMultiplying());
  return request.kind === "lens" ? lens(request.job) : alignment(request.job);
}

async function openMultiplying(): Promise<Multiplying> {
  const [{ Products }, { logitLens }, { Alignment }] = await Promise.all([
    import("./products.ts"),
    import("./lens.ts"),
    import("./alignment.ts"),
  ]);
  const products = await Products.open(checkStop, multiplyingThreads);
  const aligned = new Alignment(changes, products);
  return {
    products,
    lens: (job) => logitLens(job, files, products),
    alignment: (job) => aligned.layer(job),
  };
}

/** A thread that is ended in the middle of one of ONNX Runtime's runs takes the program with it. */
async function close(): Promise<void> {
  try {
    await (await multiplying)?.products.close();
  } finally {
    files.close();
    port.close();
  }
}
