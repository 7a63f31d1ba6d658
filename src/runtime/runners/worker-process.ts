import type { TaskRecord } from "../../domain/state.ts";
import { writeOutputs, type Content } from "../files.ts";
import type { NumberOracle } from "../judge/types.ts";
import type { Outputs } from "../tasks/context.ts";
import { describeFailed, failedError } from "./failed.ts";
import { LocalRunner } from "./local.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** The program of a worker process: runs tasks for the process that started it, and ends with it. */

const stop = new AbortController();
const records = new Map<string, TaskRecord>();
const questions = new Map<number, Waiting>();
let questionCount = 0;
let paid = 0;
let started: { readonly runner: LocalRunner; readonly experiment: Start["experiment"] } | undefined;

interface Waiting {
  readonly resolve: (answers: (Float32Array | null)[]) => void;
  readonly reject: (error: Error) => void;
}

type Start = Extract<ToWorker, { start: unknown }>["start"];
type Run = Extract<ToWorker, { run: unknown }>["run"];

process.on("message", (message: ToWorker) => {
  if ("start" in message) start(message.start);
  else if ("run" in message) void run(message.run);
  else if ("answered" in message) {
    paid = message.answered.paid;
    questions.get(message.answered.question)?.resolve(message.answered.answers);
  } else if ("notAnswered" in message) {
    questions.get(message.notAnswered.question)?.reject(failedError(message.notAnswered.failure));
  } else if ("closeUnused" in message) void closeUnused(new Set(message.closeUnused.used));
  else stop.abort();
});
// Whoever asked for the work is gone, and somebody else may do it.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Ctrl-C in a terminal reaches every process of the group: the one that started this says when to stop.
process.on("SIGINT", () => undefined);

function send(message: FromWorker): void {
  process.send?.(message);
}

function start({ experiment, threads, asksJudge }: Start): void {
  const notice = (text: string): void => send({ notice: text });
  const oracle = asksJudge ? remoteOracle() : undefined;
  started = {
    experiment,
    runner: new LocalRunner({ experiment, records, signal: stop.signal, notice, threads, oracle }),
  };
}

async function run({ job, ids, digest, records: given }: Run): Promise<void> {
  try {
    if (started === undefined) throw new Error("Internal error: the worker was not started");
    const { experiment, runner } = started;
    for (const record of given) records.set(record.id, record as TaskRecord);
    const wanted = new Set(ids);
    const group = experiment.tasks.filter(({ id }) => wanted.has(id));
    const progress: Parameters<LocalRunner["run"]>[1]["progress"] = (one) => send({ progress: { job, progress: one } });
    const { outputs, ...ran } = await runner.run({ group, digest }, { progress, notice: (notice) => send({ notice }) });
    tellLoaded();
    const written = new Map<string, Awaited<ReturnType<typeof writeOutputs>>>();
    for (const [id, made] of outputs) written.set(id, await onDisk(experiment.folder, made));
    send({ ran: { job, outputs: written, ...ran } });
  } catch (error) {
    tellLoaded();
    send({ failed: { job, failure: describeFailed(error) } });
  }
}

async function onDisk(folder: string, outputs: Outputs): ReturnType<typeof writeOutputs> {
  const contents: [string, Content][] = [];
  const there: Awaited<ReturnType<typeof writeOutputs>> = [];
  for (const [path, made] of outputs) {
    if (typeof made === "string" || made instanceof Uint8Array) contents.push([path, made]);
    else there.push(made);
  }
  return [...there, ...(await writeOutputs(folder, contents))];
}

async function closeUnused(used: ReadonlySet<string>): Promise<void> {
  await started?.runner.closeUnused((variant) => used.has(variant));
  tellLoaded();
}

function tellLoaded(): void {
  if (started === undefined) return;
  const { experiment, runner } = started;
  send({ loaded: [...experiment.variants.keys()].filter((variant) => runner.has(variant)) });
}

/** Asks the process that started this one: it keeps what was paid for, and asks nothing twice. */
function remoteOracle(): NumberOracle {
  return {
    paid: () => paid,
    async ask(asked) {
      const question = questionCount++;
      try {
        return await new Promise((resolve, reject) => {
          questions.set(question, { resolve, reject });
          send({ ask: { question, questions: asked } });
        });
      } finally {
        questions.delete(question);
      }
    },
  };
}
