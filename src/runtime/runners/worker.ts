import { fork, type ChildProcess } from "node:child_process";
import type { Experiment } from "../../domain/experiment.ts";
import { moduleArguments } from "../../engine/index.ts";
import { programFile } from "../../util/package-files.ts";
import { Interrupted } from "../failures.ts";
import { removeTemporaries } from "../files.ts";
import type { NumberOracle } from "../judge/types.ts";
import type { Outputs } from "../tasks/context.ts";
import { describeFailed, failedError } from "./failed.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { RunnerLost, type Job, type JobReports, type Ran, type Records, type TaskRunner } from "./types.ts";

export interface WorkerOptions {
  readonly experiment: Experiment;
  readonly records: Records;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
  readonly threads: number | undefined;
  /** Of the worker alone. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers the judge's questions where the judge is a server's. */
  readonly oracle: NumberOracle | undefined;
}

interface Running extends JobReports {
  readonly resolve: (ran: Ran) => void;
  readonly reject: (error: Error) => void;
}

/** Time that a worker has to stop what it does when it is asked to. */
const STOP_MS = 2000;

/** Runs tasks in a process of its own, which is started when there is something to run, and anew when it is gone. */
export class WorkerRunner implements TaskRunner {
  readonly #options: WorkerOptions;
  readonly #jobs = new Map<number, Running>();
  #loaded: ReadonlySet<string> = new Set();
  #process: ChildProcess | undefined;
  #count = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#send({ stop: true }), { once: true });
  }

  has(variant: string): boolean {
    return this.#loaded.has(variant);
  }

  run({ group, digest }: Job, reports: JobReports): Promise<Ran> {
    const { records, signal } = this.#options;
    if (signal.aborted) return Promise.reject(new Interrupted());
    this.#process ??= this.#start();
    const job = this.#count++;
    const read = group.flatMap(({ needs, after }) => [...needs, ...after]).flatMap((id) => records.get(id) ?? []);
    return new Promise((resolve, reject) => {
      this.#jobs.set(job, { ...reports, resolve, reject });
      const plain = read.map(({ id, outputs }) => ({ id, outputs }));
      this.#send({ run: { job, ids: group.map(({ id }) => id), digest, records: plain } });
    });
  }

  closeUnused(isUsed: (variant: string) => boolean): Promise<void> {
    const used = [...this.#options.experiment.variants.keys()].filter(isUsed);
    if ([...this.#loaded].some((variant) => !used.includes(variant))) this.#send({ closeUnused: { used } });
    return Promise.resolve();
  }

  close(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      child.once("exit", () => {
        clearTimeout(late);
        resolve();
      });
      // It ends when nobody speaks to it.
      child.disconnect();
    });
  }

  #start(): ChildProcess {
    const { experiment, threads, oracle, env } = this.#options;
    const { path, execArgv } = moduleArguments(programFile("runtime/runners/worker-process"));
    const child = fork(path, [], {
      execArgv,
      serialization: "advanced",
      // What a library prints is no one's.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { ...process.env, ...env },
    });
    child.on("message", (message: FromWorker) => this.#receive(message));
    const lost = (reason: string): void => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#loaded = new Set();
      removeTemporaries(experiment.folder, child.pid);
      for (const { reject } of this.#jobs.values()) reject(new RunnerLost(reason));
      this.#jobs.clear();
    };
    child.once("error", (error) => lost(error.message));
    child.once("exit", (code, signal) => lost(signal ?? `exit ${code}`));
    this.#process = child;
    this.#send({ start: { experiment, threads, asksJudge: oracle !== undefined } });
    return child;
  }

  #send(message: ToWorker): void {
    // Of one that is gone, its exit tells.
    if (this.#process?.connected === true) this.#process.send(message, () => undefined);
  }

  #receive(message: FromWorker): void {
    if ("progress" in message) this.#jobs.get(message.progress.job)?.progress(message.progress.progress);
    else if ("notice" in message) this.#options.notice(message.notice);
    else if ("loaded" in message) this.#loaded = new Set(message.loaded);
    else if ("ask" in message) void this.#answer(message.ask);
    else if ("ran" in message) {
      const { job, outputs, ...ran } = message.ran;
      const made = [...outputs].map(([id, files]): [string, Outputs] => [
        id,
        new Map(files.map((file) => [file.path, file])),
      ]);
      this.#take(job)?.resolve({ outputs: new Map(made), ...ran });
    } else this.#take(message.failed.job)?.reject(failedError(message.failed.failure));
  }

  #take(job: number): Running | undefined {
    const running = this.#jobs.get(job);
    this.#jobs.delete(job);
    return running;
  }

  async #answer({ question, questions }: Extract<FromWorker, { ask: unknown }>["ask"]): Promise<void> {
    const { oracle } = this.#options;
    try {
      if (oracle === undefined) throw new Error("Internal error: a worker asks a judge that it has itself");
      const answers = await oracle.ask(questions);
      this.#send({ answered: { question, answers, paid: oracle.paid?.() ?? 0 } });
    } catch (error) {
      this.#send({ notAnswered: { question, failure: describeFailed(error) } });
    }
  }
}
