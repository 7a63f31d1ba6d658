import { retryAfterMs } from "../retry-after.ts";
import type { HubRevision } from "../../domain/weights.ts";
import type { HubAccess } from "./hub-access.ts";
import { refused } from "./hub-failures.ts";
import { TryAgain, type Patience } from "./patience.ts";

/** One conversation with the hub about a revision. */
export interface Hub {
  readonly access: HubAccess;
  readonly wanted: HubRevision;
  readonly patience: Patience;
  /** Without a byte for so long, a connection counts as cut. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 60_000;

/**
 * A response that is ok, as soon as its headers are there. Rejects with TryAgain where the next attempt may do better, and
 * with RuntimeFailure `hub-refused`. The token goes to the hub alone: fetch itself takes it off where it is redirected.
 */
export async function get(url: string, hub: Hub, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const { access, wanted, patience, silenceMs = SILENCE_MS } = hub;
  const isHub = new URL(url).origin === new URL(access.endpoint).origin;
  const authorization = isHub && access.token !== undefined ? { authorization: `Bearer ${access.token}` } : {};
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(silent(silenceMs)), silenceMs);
  let response: Response;
  try {
    const signal = AbortSignal.any([patience.signal, silence.signal]);
    response = await fetch(url, { headers: { ...headers, ...authorization, "accept-encoding": "identity" }, signal });
  } catch (error) {
    throw again(error, false);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  // A body that is not read keeps its connection.
  await response.body?.cancel();
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    throw new TryAgain(`HTTP ${response.status}`, { waitMs: retryAfterMs(response.headers.get("retry-after")) });
  }
  throw refused(response, wanted, access);
}

/** What a response's body consists of, as it comes. Rejects with TryAgain when it is cut off. */
export async function* bodyOf({ body }: Response, { silenceMs = SILENCE_MS }: Hub): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let progressed = false;
  try {
    for (;;) {
      const { done, value } = await within(silenceMs, reader.read());
      if (done) return;
      progressed ||= value.length > 0;
      yield value;
    }
  } catch (error) {
    throw again(error, progressed);
  } finally {
    // Of a body that was cut off, that it was.
    await reader.cancel().catch(() => undefined);
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(silent(ms)), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function silent(ms: number): Error {
  return new Error(`nothing came for ${ms / 1000} s`);
}

/** fetch wraps what went wrong: `connect ECONNREFUSED 127.0.0.1:1`. */
function again(error: unknown, progressed: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const { cause } = error;
  return new TryAgain(cause instanceof Error && cause.message !== "" ? cause.message : error.message, { progressed });
}
