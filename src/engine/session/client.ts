import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { EngineFailure, type Progress } from "../../domain/engine.ts";
import type { Answers, Call, Failure, OpenedModel, Request, Response, WorkerOptions } from "./protocol.ts";

interface Pending {
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** The main thread's end of a session. Calls are answered in the order they were made. */
export class SessionClient {
  readonly opened: OpenedModel;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #gone = false;
  #calls = 0;

  private constructor(worker: Worker, opened: OpenedModel) {
    this.#worker = worker;
    this.opened = opened;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (response: Response) => this.#receive(response));
    worker.on("error", (error) => this.#lose(`its thread failed: ${error.message}`));
    worker.on("exit", () => this.#lose("its thread ended"));
    worker.unref();
  }

  /** Rejects with EngineFailure when the model cannot be loaded. */
  static open(options: WorkerOptions): Promise<SessionClient> {
    const worker = startWorker(options);
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (response: Response) => {
        worker.removeListener("error", reject);
        if ("opened" in response) resolve(new SessionClient(worker, response.opened));
        else if ("openFailed" in response) reject(toError(response.openFailed));
        else reject(new Error("Internal error: the session answered before it was opened"));
      });
    });
  }

  call<K extends Call["kind"]>(
    call: Extract<Call, { readonly kind: K }>,
    onProgress?: (progress: Progress) => void,
  ): Promise<Answers[K]> {
    if (this.#gone) return Promise.reject(new EngineFailure("runtime", "The model was closed.", "Open it again."));
    const id = this.#calls++;
    return new Promise<Answers[K]>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending["resolve"], reject, onProgress });
      // The program lives as long as an answer is awaited, and no longer.
      this.#worker.ref();
      this.#send({ id, call });
    });
  }

  /** Ends a call that is running after its current forward pass; it rejects. */
  async close(): Promise<void> {
    if (!this.#gone) {
      this.#worker.ref();
      this.#send({ close: true });
    }
    this.#gone = true;
    await this.#exited;
  }

  #send(request: Request): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(request);
  }

  #receive(response: Response): void {
    if (!("id" in response)) return;
    const pending = this.#pending.get(response.id);
    if (pending === undefined) return;
    if ("progress" in response) {
      pending.onProgress?.(response.progress);
      return;
    }
    this.#pending.delete(response.id);
    if (this.#pending.size === 0 && !this.#gone) this.#worker.unref();
    if ("answer" in response) pending.resolve(response.answer);
    else pending.reject(toError(response.failed));
  }

  #lose(reason: string): void {
    this.#gone = true;
    for (const { reject } of this.#pending.values()) {
      reject(
        new EngineFailure(
          "runtime",
          `The model is gone: ${reason}.`,
          "If memory ran out, lower engine.maxBatchTokens.",
        ),
      );
    }
    this.#pending.clear();
  }
}

/**
 * The program's own flags (`--input-type`, `--inspect`, …) are not the thread's. Node 20 runs no TypeScript: from sources
 * (tests, benchmarks), the thread registers tsx, a development dependency, before it imports the worker. `--import tsx`
 * does not do: tsx stays inactive in threads.
 */
function startWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith(".ts")) {
    return new Worker(new URL("./worker.js", import.meta.url), { workerData: options, execArgv: [] });
  }
  // By file and not by name: a thread that starts from a text resolves names from the working directory.
  const tsxFolder = dirname(createRequire(import.meta.url).resolve("tsx/package.json"));
  const tsx = JSON.stringify(pathToFileURL(join(tsxFolder, "dist/esm/api/index.mjs")).href);
  const worker = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
  const start = `import(${tsx}).then((tsx) => { tsx.register(); return import(${worker}); })`;
  return new Worker(start, { eval: true, workerData: options, execArgv: [] });
}

function toError(failure: Failure): Error {
  if (failure.user) return new EngineFailure(failure.kind, failure.message, failure.hint);
  const error = new Error(failure.message);
  error.stack = failure.stack;
  return error;
}
