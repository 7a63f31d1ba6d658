import { Listr, type DefaultRenderer, type ListrTaskWrapper, type SimpleRenderer } from "listr2";
import type { Phase } from "../../domain/task.ts";
import { PHASES } from "../../domain/task.ts";
import type { RunEvent } from "../../runtime/events.ts";
import { formatCount, formatDuration, plural } from "../units.ts";
import type { ProgressView, WriteLine } from "./types.ts";
import { failureLines, outcomeLine, progressWords, weightsProgressWords, weightsWorkWords } from "./words.ts";

type Row = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** A row that runs until it is settled. */
interface LiveRow {
  /** Once it is on the screen. */
  row: Row | undefined;
  settle(error?: Error): void;
  readonly settled: Promise<void>;
}

interface PhaseRow extends LiveRow {
  readonly total: number;
  done: number;
  lost: number;
  spentMs: number;
}

/** Rewriting the screen more often than this costs more than it shows. */
const REFRESH_MS = 100;

/** One live row a phase with its counter and what runs in it. A row a task is known not to scale (41 s for 300). */
export function listrProgress(write: WriteLine, now: () => number): ProgressView {
  const phases = new Map<Phase, PhaseRow>();
  const afterwards: string[] = [];
  /** What the rows of these phases will say at the next refresh. */
  const waiting = new Map<Phase, string | undefined>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let weights: LiveRow | undefined;
  let refreshed = -REFRESH_MS;

  const start = (todo: Readonly<Record<Phase, number>>): void => {
    for (const phase of PHASES) if (todo[phase] > 0) phases.set(phase, createPhase(todo[phase]));
    show([...phases].map(([phase, state]) => [title(phase, state), state]));
  };

  /** Rows that come after those that are there. */
  const show = (rows: readonly (readonly [string, LiveRow])[]): void => {
    const list = new Listr(
      rows.map(([name, live]) => ({
        title: name,
        task: (_: unknown, row: Row) => {
          live.row = row;
          return live.settled;
        },
      })),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: false },
      },
    );
    running = running.then(() => list.run());
  };

  const sayOfWeights = (line: string): void => {
    if (weights?.row !== undefined) weights.row.output = line;
  };

  const refresh = (): void => {
    clearTimeout(timer);
    timer = undefined;
    refreshed = now();
    for (const [phase, line] of waiting) {
      const state = phases.get(phase);
      // A row that has ended takes no more words.
      if (state?.row === undefined || isOver(state)) continue;
      state.row.title = title(phase, state);
      if (line !== undefined) state.row.output = line;
    }
    waiting.clear();
  };

  const update = (phase: Phase, line: string | undefined): void => {
    waiting.set(phase, line ?? waiting.get(phase));
    const wait = refreshed + REFRESH_MS - now();
    if (wait <= 0) refresh();
    else timer ??= setTimeout(refresh, wait);
  };

  const count = (phase: Phase, key: "done" | "lost", durationMs: number): void => {
    const state = phases.get(phase);
    if (state === undefined) return;
    state[key]++;
    state.spentMs += durationMs;
    if (!isOver(state)) update(phase, undefined);
    else {
      if (state.row !== undefined) state.row.title = title(phase, state);
      state.settle(
        state.lost > 0 ? new Error(`${formatCount(state.lost)} of ${plural(state.total, "task")} not done`) : undefined,
      );
    }
  };

  return {
    on(event: RunEvent): void {
      switch (event.type) {
        case "run-started":
          return start(event.todo);
        case "weights-started":
          weights = createRow();
          return show([[weightsWorkWords(event.doing, event.name), weights]]);
        case "weights-progress":
          return sayOfWeights(weightsProgressWords(event));
        case "weights-notice":
          return sayOfWeights(event.note);
        case "weights-finished":
          return weights?.settle();
        case "task-started":
          return update(event.phase, event.id);
        case "task-progress":
          return update(event.phase, `${event.id}: ${progressWords(event.progress)}`);
        case "task-finished":
          return count(event.phase, "done", event.durationMs);
        case "task-failed":
          afterwards.push(...failureLines(event.id, event.failure));
          return count(event.phase, "lost", 0);
        case "task-blocked":
          return count(event.phase, "lost", 0);
        case "notice":
          afterwards.push(event.message);
          for (const phase of phases.keys()) update(phase, event.message);
          return;
        case "run-finished":
          for (const state of phases.values()) state.settle(new Error("not finished"));
          afterwards.push(outcomeLine(event.outcome, event.counts, event.durationMs));
      }
    },
    async close(): Promise<void> {
      clearTimeout(timer);
      for (const live of [weights, ...phases.values()]) live?.settle(new Error("not finished"));
      await running;
      for (const line of afterwards) write(line);
    },
  };
}

function createPhase(total: number): PhaseRow {
  return { ...createRow(), total, done: 0, lost: 0, spentMs: 0 };
}

function createRow(): LiveRow {
  let settle: LiveRow["settle"] = () => undefined;
  const settled = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Listr looks at the promise only once it runs the row; a failure before that is not an unhandled one.
  settled.catch(() => undefined);
  return { row: undefined, settle, settled };
}

function isOver({ done, lost, total }: PhaseRow): boolean {
  return done + lost === total;
}

/** `steering 3/10, about 40 s left` */
function title(phase: Phase, { done, total, spentMs }: PhaseRow): string {
  const left = done === 0 || done === total ? "" : `, about ${formatDuration((spentMs / done) * (total - done))} left`;
  return `${phase} ${done}/${total}${left}`;
}
