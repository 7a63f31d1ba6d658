import { setMaxListeners } from "node:events";
import { RuntimeFailure } from "../failures.ts";
import { retryAfterMs } from "../retry-after.ts";
import { sleep } from "./pause.ts";
import { reasonOf } from "./reach.ts";
import { numberProbabilities, readNumber, readTokens, type TokenProbability } from "./reply.ts";
import { Turns } from "./turns.ts";
import type { JudgeQuestion, NumberOracle } from "./types.ts";

export interface OpenAiOptions {
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token, never stored or printed. */
  readonly apiKey: string | undefined;
  readonly maxConcurrency: number;
  /** Replies sampled for a score; 0 or left out: the first token's distribution is read. */
  readonly samples?: number;
  /** Answers that may be paid for, those of earlier runs included. */
  readonly maxCalls?: number | undefined;
  /** Attempts a question before its score counts as missing. */
  readonly attempts?: number;
  readonly timeoutMs?: number;
  /** First pause between attempts; doubles each time, with jitter. */
  readonly pauseMs?: number;
  /** Answers of earlier runs: paid work is never paid twice. */
  readonly cache: AnswerCache;
  readonly signal?: AbortSignal;
}

export interface AnswerCache {
  get(key: string): TokenProbability[] | undefined;
  set(key: string, answer: TokenProbability[]): void;
  /** Answers that it holds: all were paid for. */
  count(): number;
}

/** What identifies a question to a server: the same give the same answer. `sample` counts sampled replies. */
export function questionKey(model: string, prompt: string, sample?: number): string {
  return sample === undefined
    ? JSON.stringify({ model, prompt, parameters: DISTRIBUTION })
    : JSON.stringify({ model, prompt, parameters: SAMPLE, sample });
}

const DISTRIBUTION = { temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: 20 } as const;
/** A number and what some models put around it. */
const SAMPLE = { temperature: 1, max_tokens: 8 } as const;

const ATTEMPTS = 6;

/** A server that has answered none of so many questions answers none. */
const HOPELESS = 8;

/**
 * Any OpenAI-compatible chat-completions server: by logprobs, or by sampled replies where a server has none. 429, 5xx,
 * timeouts and broken replies are tried again (exponential pauses, Retry-After honoured), then count as missing.
 * RuntimeFailures: `judge-refused` (other 4xx), `judge-unusable` (a reply without logprobs), `judge-unreachable` (no
 * question was answered), `budget-spent`.
 */
export function openAiOracle(options: OpenAiOptions): NumberOracle {
  const turns = new Turns(options.maxConcurrency);
  return {
    paid: () => options.cache.count(),
    async ask(questions, onProgress) {
      const answers: (Float32Array | null)[] = questions.map(() => null);
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      let next = 0;
      let done = 0;
      let lost = 0;
      const worker = async (): Promise<void> => {
        for (let index = next++; index < questions.length && !stop.signal.aborted; index = next++) {
          const reply = await turns.take(() =>
            askFor(options, (questions[index] as JudgeQuestion).prompt, stop.signal),
          );
          if (reply.kind === "answer") answers[index] = numberProbabilities(reply.tokens);
          // More lost than were done before: none was answered.
          else if (++lost > done && lost >= Math.min(HOPELESS, questions.length)) {
            throw unreachable(options, lost, reply.reason);
          }
          onProgress?.(++done, questions.length);
        }
      };
      // At the first error, the others finish what they have asked, which is paid for, and ask no more.
      const stopAll = (error: unknown): void => stop.abort(error);
      const count = Math.min(options.maxConcurrency, questions.length);
      await Promise.all(Array.from({ length: count }, () => worker().catch(stopAll)));
      stop.signal.throwIfAborted();
      return answers;
    },
  };
}

function unreachable({ baseUrl, attempts = ATTEMPTS }: OpenAiOptions, lost: number, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    "judge-unreachable",
    `The judge's server at ${baseUrl} does not answer (questions: ${lost}, attempts at each: ${attempts}). The last time: ${reason}.`,
    "Check judge.base_url in the spec and whether the server runs, then apply again.",
  );
}

/** A question's answer: a distribution, or what so many sampled replies say. */
async function askFor(options: OpenAiOptions, prompt: string, stop: AbortSignal): Promise<Reply> {
  const { samples = 0 } = options;
  if (samples === 0) return askOnce(options, prompt, undefined, stop);
  const tokens: TokenProbability[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const reply = await askOnce(options, prompt, sample, stop);
    if (reply.kind === "again") return reply;
    tokens.push(...reply.tokens.map(([text, p]): TokenProbability => [text, p / samples]));
  }
  return { kind: "answer", tokens };
}

async function askOnce(
  options: OpenAiOptions,
  prompt: string,
  sample: number | undefined,
  stop: AbortSignal,
): Promise<Reply> {
  const key = questionKey(options.model, prompt, sample);
  const cached = options.cache.get(key);
  if (cached !== undefined) return { kind: "answer", tokens: cached };
  const attempts = options.attempts ?? ATTEMPTS;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    if (options.maxCalls !== undefined && options.cache.count() >= options.maxCalls) throw spent(options.maxCalls);
    const reply = await request(options, prompt, sample);
    if (reply.kind === "answer") options.cache.set(key, reply.tokens);
    if (reply.kind === "answer" || attempt === attempts || stop.aborted) return reply;
    const pause = (options.pauseMs ?? 500) * 2 ** (attempt - 1) * (0.5 + Math.random());
    await sleep(Math.max(pause, reply.retryAfterMs), [options.signal, stop]);
  }
}

type Reply =
  | { readonly kind: "answer"; readonly tokens: TokenProbability[] }
  | { readonly kind: "again"; readonly reason: string; readonly retryAfterMs: number };

async function request(options: OpenAiOptions, prompt: string, sample: number | undefined): Promise<Reply> {
  const again = (reason: string): Reply => ({ kind: "again", reason, retryAfterMs: 0 });
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 60_000);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${options.baseUrl.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      body: JSON.stringify({
        model: options.model,
        messages: [{ role: "user", content: prompt }],
        ...(sample === undefined ? DISTRIBUTION : SAMPLE),
      }),
      signal,
    });
    if (response.status === 429 || response.status >= 500) {
      const wait = retryAfterMs(response.headers.get("retry-after"));
      // A body that is not read keeps its connection.
      await response.body?.cancel();
      return { kind: "again", reason: `HTTP ${response.status}`, retryAfterMs: wait };
    }
    body = response.ok ? await response.json() : await response.body?.cancel();
  } catch (error) {
    options.signal?.throwIfAborted();
    // A dropped connection, a timeout, a body that is not JSON: the next attempt may do better.
    if (error instanceof Error) return again(reasonOf(error));
    throw error;
  }
  if (!response.ok) {
    throw new RuntimeFailure(
      "judge-refused",
      `The judge's server refused the request: HTTP ${response.status} from ${options.baseUrl} for model ${options.model}.`,
      response.status === 401 || response.status === 403
        ? "Check the API key in the environment variable that the spec's judge.api_key_env names."
        : "Check judge.base_url and judge.model in the spec.",
    );
  }
  const tokens = sample === undefined ? readTokens(body) : readNumber(body);
  if (tokens === "no-logprobs") {
    throw new RuntimeFailure(
      "judge-unusable",
      `The judge's server at ${options.baseUrl} gives no log-probabilities for model ${options.model}.`,
      "Choose a model or a server that returns logprobs, or set judge.samples: 5 to take the mean of sampled replies.",
    );
  }
  return tokens === undefined ? again("a reply of another shape") : { kind: "answer", tokens };
}

function spent(maxCalls: number): RuntimeFailure {
  return new RuntimeFailure(
    "budget-spent",
    `The judge's budget of ${maxCalls} calls is spent.`,
    "Raise judge.budget.calls in the spec and apply again: what was judged is kept.",
  );
}
