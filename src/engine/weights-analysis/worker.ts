import { parentPort } from "node:worker_threads";
import { describeFailure } from "../thread-failure.ts";
import { ChangeReader } from "./change.ts";
import type { Answers, JobKind, Request, Response } from "./jobs.ts";
import { TensorFiles } from "./tensor-file.ts";

/** A thread that reads weights: one job at a time, the next is sent when the last was answered. */

if (parentPort === null) throw new Error("Internal error: the worker of weights was not started as a worker");
const port = parentPort;
const files = new TensorFiles();
const changes = new ChangeReader(files);
// Norms need no ONNX Runtime.
let multiplying: ReturnType<typeof openMultiplying> | undefined;

port.on("message", (request: Request) => {
  const send = (response: Response): void => port.postMessage(response);
  perform(request).then(
    (answer) => send({ answer }),
    (error: unknown) => send({ failed: describeFailure(error) }),
  );
});

async function perform(request: Request): Promise<Answers[JobKind]> {
  if (request.kind === "change") return changes.read(request.job);
  const { lens, alignment } = await (multiplying ??= openMultiplying());
  return request.kind === "lens" ? lens(request.job) : alignment.layer(request.job);
}

async function openMultiplying() {
  const [{ Products }, { logitLens }, { Alignment }] = await Promise.all([
    import("./products.ts"),
    import("./lens.ts"),
    import("./alignment.ts"),
  ]);
  const products = await Products.open();
  return {
    lens: (job: Parameters<typeof logitLens>[0]) => logitLens(job, files, products),
    alignment: new Alignment(changes, products),
  };
}
