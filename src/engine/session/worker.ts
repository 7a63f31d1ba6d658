import { parentPort, workerData } from "node:worker_threads";
import { EngineFailure, type Progress } from "../../domain/engine.ts";
import { describeFailure } from "../thread-failure.ts";
import { capture } from "./capture.ts";
import type { Decoder } from "./decoder.ts";
import { ElasticDecoder } from "./less-memory.ts";
import { openDecoder } from "./open.ts";
import { PaddedDecoder } from "./padded-decoder.ts";
import { generatePadded } from "./padded-generate.ts";
import { scorePadded } from "./padded-score.ts";
import { PagedDecoder } from "./paged-decoder.ts";
import { generatePaged } from "./paged-generate.ts";
import { scorePaged } from "./paged-score.ts";
import type { Answers, Call, Report, Request, Response, WorkerOptions } from "./protocol.ts";

/** The thread that a session lives in: a run blocks its thread, and the main one must stay free to show progress. */

const PROGRESS_INTERVAL_MS = 50;

if (parentPort === null) throw new Error("Internal error: the session's worker was not started as a worker");
await serve(parentPort, workerData as WorkerOptions);

async function serve(port: NonNullable<typeof parentPort>, options: WorkerOptions): Promise<void> {
  const send = (response: Response): void => port.postMessage(response, memoryOf(response));
  const notice = (message: string): void => send({ notice: message });
  let elastic: ElasticDecoder;
  try {
    const open = (maxBatchTokens: number): Promise<Decoder> => openDecoder({ ...options, maxBatchTokens }, notice);
    elastic = await ElasticDecoder.open(open, options.maxBatchTokens, notice);
  } catch (error) {
    send({ openFailed: describeFailure(error) });
    port.close();
    return;
  }
  const { layers, hiddenSize, vocabSize, maxPositions } = elastic.decoder.shape;
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
      send({ id, answer: await elastic.perform((decoder, tokens) => perform(decoder, call, tokens, report)) });
    } catch (error) {
      send({ id, failed: describeFailure(error) });
    }
  };

  port.on("message", (request: Request) => {
    if ("close" in request) {
      closing = true;
      void queue.then(() => elastic.close()).finally(() => port.close());
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
  if (call.kind === "capture") return capture(decoder, call.rows, maxBatchTokens, report);
  if (decoder instanceof PagedDecoder) {
    return call.kind === "generate"
      ? generatePaged(decoder, call.rows, call.vectors, maxBatchTokens, report)
      : scorePaged(decoder, call.prompts, call.tokenIds, maxBatchTokens, report);
  }
  if (!(decoder instanceof PaddedDecoder)) throw new Error("Internal error: a decoder of an unknown kind");
  return call.kind === "generate"
    ? generatePadded(decoder, call.rows, call.vectors, maxBatchTokens, report)
    : scorePadded(decoder, call.prompts, call.tokenIds, maxBatchTokens, report);
}

/** What a response hands over and need not copy: residual streams of hundreds of rows are hundreds of megabytes. */
function memoryOf(response: Response): ArrayBuffer[] {
  if (!("answer" in response)) return [];
  const buffers = response.answer.flatMap((one) => ("means" in one ? [one.means.buffer, one.norms.buffer] : []));
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

function closed(): EngineFailure {
  return new EngineFailure("runtime", "The model was closed.", "Open it again.");
}
