import { Interrupted } from "./failures.ts";

/** Stops waiting when the user interrupts: then it rejects with Interrupted. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Interrupted());
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
