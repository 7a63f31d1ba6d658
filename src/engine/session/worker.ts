import { parentPort, workerData } from "node:worker_threads";
import { EngineFailure, type Progress } from "../../domain/engine.ts";
import { describeFailure } from "../thread-failure.ts";
import { capture } from "./capture.ts";
import { Decoder } from "./decoder.ts";
import { generate } from "./generate.ts";
import type { Answers, Call, Report, Request, Response, WorkerOptions } from "./protocol.ts";
import { score } from "./score.ts";

/** The thread that a session lives in: a run blocks its thread, and the main one must stay free to show progress. */

const PROGRESS_INTERVAL_MS = 50;

if (parentPort === null) throw new Error("Internal error: the session's worker was not started as a worker");
await serve(parentPort, workerData as WorkerOptions);

async function serve(port: NonNullable<typeof parentPort>, options: WorkerOptions): Promise<void> {
  const send = (response: Response): void => port.postMessage(response);
  let decoder: Decoder;
  try {
    decoder = await Decoder.open(options.weightsDir);
  } catch (error) {
    send({ openFailed: describeFailure(error) });
    port.close();
    return;
  }
  const { layers, hiddenSize, vocabSize, maxPositions } = decoder.shape;
  let closing = false;
  let queue: Promise<void> = Promise.resolve();

  const answer = async (id: number, call: Call): Promise<void> => {
    let reportedAtMs = -Infinity;
    const report = (progress: Progress): void => {
      if (closing) throw closed();
      const nowMs = performance.now();
      if (nowMs - reportedAtMs < PROGRESS_INTERVAL_MS && progress.rowsDone < progress.rows) return;
      reportedAtMs = nowMs;
      send({ id, progress });
    };
    try {
      if (closing) throw closed();
      send({ id, answer: await perform(decoder, call, options.maxBatchTokens, report) });
    } catch (error) {
      send({ id, failed: describeFailure(error) });
    }
  };

  port.on("message", (request: Request) => {
    if ("close" in request) {
      closing = true;
      void queue.then(() => decoder.close()).finally(() => port.close());
    } else {
      queue = queue.then(() => answer(request.id, request.call));
    }
  });
  send({ opened: { layers, hiddenSize, vocabSize, maxPositions } });
}

function perform(
  decoder: Decoder,
  call: Call,
  maxBatchTokens: number,
  report: Report,
): Promise<Answers[keyof Answers]> {
  switch (call.kind) {
    case "generate":
      return generate(decoder, call.rows, call.vectors, maxBatchTokens, report);
    case "capture":
      return capture(decoder, call.rows, maxBatchTokens, report);
    case "score":
      return score(decoder, call.prompts, call.tokenIds, maxBatchTokens, report);
  }
}

function closed(): EngineFailure {
  return new EngineFailure("runtime", "The model was closed.", "Open it again.");
}
