import type { Worker } from "node:worker_threads";
import { EngineFailure, type Progress } from "../../domain/engine.ts";
import { programFile } from "../../util/package-files.ts";
import { startThread } from "../start-thread.ts";
import { toError } from "../thread-failure.ts";
import type { Answers, Call, OpenedModel, Request, Response, WorkerOptions } from "./protocol.ts";

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
  static open(options: WorkerOptions, onNotice: (message: string) => void = () => {}): Promise<SessionClient> {
    const worker = startThread(programFile("engine/session/worker"), options);
    worker.on("message", (response: Response) => {
      if ("notice" in response) onNotice(response.notice);
    });
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.on("message", function first(response: Response) {
        if ("notice" in response) return;
        worker.removeListener("message", first);
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
          "If memory ran out, lower engine.max_batch_tokens.",
        ),
      );
    }
    this.#pending.clear();
  }
}
