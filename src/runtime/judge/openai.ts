import { RuntimeFailure } from "../failures.ts";
import type { NumberOracle } from "./types.ts";

export interface OpenAiOptions {
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token, never stored or printed. */
  readonly apiKey: string | undefined;
  readonly maxConcurrency: number;
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
}

export type TokenProbability = readonly [token: string, probability: number];

/** What identifies a question to a server: the same three give the same answer. */
export function questionKey(model: string, prompt: string): string {
  return JSON.stringify({ model, prompt, parameters: PARAMETERS });
}

const PARAMETERS = { temperature: 0, max_tokens: 1, logprobs: true, top_logprobs: 20 } as const;

/**
 * Any OpenAI-compatible chat-completions server with logprobs. 429, 5xx, timeouts and broken replies are tried again
 * (exponential pauses, Retry-After honoured), then count as missing; a refusal (other 4xx) is a RuntimeFailure
 * `judge-refused`, a reply without logprobs a RuntimeFailure `judge-unusable`.
 */
export function openAiOracle(options: OpenAiOptions): NumberOracle {
  return {
    async ask(prompts, onProgress) {
      const answers: (Float32Array | null)[] = prompts.map(() => null);
      let next = 0;
      let done = 0;
      const worker = async (): Promise<void> => {
        for (let index = next++; index < prompts.length; index = next++) {
          answers[index] = await askOnce(options, prompts[index] as string);
          onProgress?.(++done, prompts.length);
        }
      };
      await Promise.all(Array.from({ length: Math.min(options.maxConcurrency, prompts.length) }, worker));
      return answers;
    },
  };
}

async function askOnce(options: OpenAiOptions, prompt: string): Promise<Float32Array | null> {
  const key = questionKey(options.model, prompt);
  const cached = options.cache.get(key);
  if (cached !== undefined) return numberProbabilities(cached);
  const attempts = options.attempts ?? 6;
  for (let attempt = 0; attempt < attempts; attempt++) {
    options.signal?.throwIfAborted();
    const reply = await request(options, prompt);
    if (reply.kind === "answer") {
      options.cache.set(key, reply.tokens);
      return numberProbabilities(reply.tokens);
    }
    if (attempt === attempts - 1) break;
    const pause = (options.pauseMs ?? 500) * 2 ** attempt * (0.5 + Math.random());
    await sleep(Math.max(pause, reply.retryAfterMs), options.signal);
  }
  return null;
}

type Reply =
  | { readonly kind: "answer"; readonly tokens: TokenProbability[] }
  | { readonly kind: "again"; readonly retryAfterMs: number };

async function request(options: OpenAiOptions, prompt: string): Promise<Reply> {
  const again: Reply = { kind: "again", retryAfterMs: 0 };
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
      body: JSON.stringify({ model: options.model, messages: [{ role: "user", content: prompt }], ...PARAMETERS }),
      signal,
    });
    if (response.status === 429 || response.status >= 500) {
      return { kind: "again", retryAfterMs: retryAfterMs(response.headers.get("retry-after")) };
    }
    body = response.ok ? await response.json() : undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    // A dropped connection, a timeout, a body that is not JSON: the next attempt may do better.
    if (error instanceof Error) return again;
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
  const tokens = readTokens(body);
  if (tokens === "no-logprobs") {
    throw new RuntimeFailure(
      "judge-unusable",
      `The judge's server at ${options.baseUrl} gives no log-probabilities for model ${options.model}.`,
      "Choose a model or a server that returns logprobs: scores are read from the first token's distribution.",
    );
  }
  return tokens === undefined ? again : { kind: "answer", tokens };
}

/** The first token's alternatives; undefined for a reply of another shape. */
function readTokens(body: unknown): TokenProbability[] | "no-logprobs" | undefined {
  const choice = (body as { choices?: readonly ChatChoice[] } | null)?.choices?.[0];
  if (choice === undefined || choice === null) return undefined;
  const top = choice.logprobs?.content?.[0]?.top_logprobs;
  if (!Array.isArray(top)) return "no-logprobs";
  const tokens: TokenProbability[] = [];
  for (const entry of top) {
    if (typeof entry?.token !== "string" || typeof entry.logprob !== "number") return undefined;
    tokens.push([entry.token, Math.exp(entry.logprob)]);
  }
  return tokens;
}

interface ChatChoice {
  readonly logprobs?: { readonly content?: readonly { readonly top_logprobs?: readonly TopLogprob[] }[] | null } | null;
}
interface TopLogprob {
  readonly token?: unknown;
  readonly logprob?: unknown;
}

/** Mass per whole number; tokens that are the same number but for surrounding space add up. */
function numberProbabilities(tokens: readonly TokenProbability[]): Float32Array {
  const probabilities = new Float32Array(101);
  for (const [token, p] of tokens) {
    const text = token.trim();
    if (/^\d{1,3}$/.test(text) && Number(text) <= 100) probabilities[Number(text)]! += p;
  }
  return probabilities;
}

/** Retry-After is seconds or a date. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 120_000) : 0;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop(): void {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}
