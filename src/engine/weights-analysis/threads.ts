import type { TransferListItem, Worker } from "node:worker_threads";
import { EngineFailure } from "../../domain/engine.ts";
import { programFile } from "../../util/package-files.ts";
import { startThread } from "../start-thread.ts";
import { toError } from "../thread-failure.ts";
import type { Answers, JobKind, Jobs, Request, Response, ThreadOptions } from "./jobs.ts";
import { stopped } from "./stop.ts";

interface Waiting {
  readonly request: Request;
  readonly transfer: readonly TransferListItem[];
  readonly resolve: (answer: Answers[JobKind]) => void;
  readonly reject: (error: Error) => void;
}

/** A few threads that take jobs in the order in which they are given. The first failure, or the signal, ends them all. */
export class Threads {
  readonly #options: ThreadOptions;
  readonly #workers: readonly Worker[];
  readonly #exits: readonly Promise<void>[];
  readonly #idle: Worker[];
  readonly #waiting: Waiting[] = [];
  readonly #running = new Map<Worker, Waiting>();
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => void this.#end(stopped());
  #ended: Error | undefined;

  constructor(count: number, signal?: AbortSignal, multiplyingThreads = 0) {
    this.#options = { stopped: new Int32Array(new SharedArrayBuffer(4)), multiplyingThreads };
    this.#workers = Array.from({ length: count }, () => this.#start());
    this.#exits = this.#workers.map((worker) => new Promise((resolve) => worker.once("exit", () => resolve())));
    this.#idle = [...this.#workers];
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted === true) this.#abort();
  }

  /** Rejects with EngineFailure. */
  run<K extends JobKind>(kind: K, job: Jobs[K], transfer: readonly TransferListItem[] = []): Promise<Answers[K]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise<Answers[K]>((resolve, reject) => {
      const request = { kind, job } as unknown as Request;
      this.#waiting.push({ request, transfer, resolve: resolve as Waiting["resolve"], reject });
      this.#next();
    });
  }

  /** Ends what is running, and resolves when every thread is gone. */
  close(): Promise<void> {
    return this.#end(new EngineFailure("runtime", "The threads were closed.", "Apply again."));
  }

  #start(): Worker {
    const worker = startThread(programFile("engine/weights-analysis/worker"), this.#options);
    const lost = (reason: string) => {
      const hint = "If memory ran out, close other programs and apply again.";
      void this.#end(new EngineFailure("runtime", `A thread that reads weights is gone: ${reason}.`, hint));
    };
    worker.on("message", (response: Response) => this.#receive(worker, response));
    worker.on("error", (error) => lost(error.message));
    worker.on("exit", () => lost("it ended"));
    return worker;
  }

  #next(): void {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) {
        this.#idle.push(worker);
        return;
      }
      this.#running.set(worker, waiting);
      send(worker, waiting.request, waiting.transfer);
    }
  }

  #receive(worker: Worker, response: Response): void {
    const running = this.#running.get(worker);
    if (running === undefined) return;
    if ("failed" in response) {
      void this.#end(toError(response.failed));
      return;
    }
    this.#running.delete(worker);
    this.#idle.push(worker);
    running.resolve(response.answer);
    this.#next();
  }

  async #end(reason: Error): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = reason;
      this.#signal?.removeEventListener("abort", this.#abort);
      for (const { reject } of [...this.#running.values(), ...this.#waiting]) reject(reason);
      this.#running.clear();
      this.#waiting.length = 0;
      // Threads are asked and not terminated: see close in worker.ts.
      Atomics.store(this.#options.stopped, 0, 1);
      for (const worker of this.#workers) send(worker, { close: true });
    }
    await Promise.all(this.#exits);
  }
}

function send(worker: Worker, request: Request, transfer: readonly TransferListItem[] = []): void {
  worker.postMessage(request, transfer);
}
