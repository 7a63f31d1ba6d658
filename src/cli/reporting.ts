import { relative } from "node:path";
import type { Experiment } from "../domain/experiment.ts";
import { failureOf } from "../runtime/failures.ts";
import { observeState } from "../runtime/observe.ts";

/** The reports of a run. One that cannot be written is told, and spoils nothing: what it is of was made and is kept. */
export class Reporting {
  readonly #experiment: Experiment;
  readonly #cwd: string;
  readonly #say: (message: string) => void;
  #last: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(experiment: Experiment, cwd: string, say: (message: string) => void) {
    this.#experiment = experiment;
    this.#cwd = cwd;
    this.#say = say;
  }

  /** Writes the report as soon as the one before is written, while the run goes on. */
  write(): void {
    this.#last = this.#last.then(() => this.#write());
    // Our own mistakes are told by end, when everything else is done.
    this.#last.catch(() => undefined);
  }

  /** Writes the last one, and says where it is. */
  async end(): Promise<void> {
    this.write();
    const page = await this.#last;
    if (page !== undefined) this.#say(`Report: ${relative(this.#cwd, page)}`);
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #write(): Promise<string | undefined> {
    try {
      const { writeReport } = await import("./report-files.ts");
      const { files } = await writeReport(this.#experiment, await observeState(this.#experiment.folder)());
      return files.at(-1);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      this.#say(`The report cannot be written: ${failure.message} ${failure.hint}`);
      return undefined;
    }
  }
}
