import { describe, expect, it } from "vitest";
import { openAnswerCache } from "../../src/runtime/judge/answer-cache.ts";
import { openAiOracle, questionKey, type AnswerCache, type OpenAiOptions } from "../../src/runtime/judge/openai.ts";
import type { TokenProbability } from "../../src/runtime/judge/reply.ts";
import { expectedScore } from "../../src/runtime/judge/score.ts";
import type { JudgeQuestion } from "../../src/runtime/judge/types.ts";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { tempFolder } from "../rig/temp-folder.ts";

function memoryCache(): AnswerCache {
  const answers = new Map<string, TokenProbability[]>();
  return {
    get: (key) => answers.get(key),
    set: (key, tokens) => void answers.set(key, tokens),
    count: () => answers.size,
  };
}

function options(baseUrl: string, more: Partial<OpenAiOptions> = {}): OpenAiOptions {
  const shared = { model: "m", apiKey: "sk-secret", maxConcurrency: 4, pauseMs: 1, attempts: 4, timeoutMs: 2000 };
  return { baseUrl, ...shared, cache: memoryCache(), ...more };
}

const asked = (...prompts: readonly string[]): JudgeQuestion[] => prompts.map((prompt) => ({ prompt }));

describe("an OpenAI-compatible judge", () => {
  it("asks with the key and the parameters, and adds up tokens that are the same number", async () => {
    const { baseUrl, requests } = await serveJudge((_, __, response) =>
      answer(response, { "80": 0.5, " 80": 0.25, yes: 0.1, "101": 0.1 }),
    );
    const [probabilities] = await openAiOracle(options(baseUrl)).ask(asked("p"));
    expect(probabilities?.[80]).toBeCloseTo(0.75, 6);
    expect(probabilities?.reduce((sum, p) => sum + p, 0)).toBeCloseTo(0.75, 6);
    expect(requests[0]).toEqual({
      url: "/v1/chat/completions",
      authorization: "Bearer sk-secret",
      body: {
        model: "m",
        messages: [{ role: "user", content: "p" }],
        temperature: 0,
        max_tokens: 1,
        logprobs: true,
        top_logprobs: 20,
      },
    });
  });

  it("keeps the prompts' order whatever order the answers come in", async () => {
    const { baseUrl } = await serveJudge((prompt, _, response) => {
      setTimeout(() => answer(response, { [prompt]: 1 }), 30 - Number(prompt) * 2);
    });
    const answers = await openAiOracle(options(baseUrl)).ask(asked("3", "9", "0", "7", "1"));
    expect(answers.map((p) => p?.indexOf(1))).toEqual([3, 9, 0, 7, 1]);
  });

  it("tries again after 429, 500, a cut reply and a dropped connection", async () => {
    const { baseUrl, requests } = await serveJudge((_, call, response) => {
      if (call === 1) response.writeHead(429, { "retry-after": "0" }).end();
      else if (call === 2) response.writeHead(500).end("oops");
      else if (call === 3) response.end('{"choices": [{"logpr');
      else answer(response, { "5": 1 });
    });
    const [probabilities] = await openAiOracle(options(baseUrl)).ask(asked("p"));
    expect(probabilities?.[5]).toBeCloseTo(1);
    expect(requests).toHaveLength(4);
  });

  it("honours Retry-After", async () => {
    const { baseUrl } = await serveJudge((_, call, response) => {
      if (call === 1) response.writeHead(429, { "retry-after": "0.3" }).end();
      else answer(response, { "5": 1 });
    });
    const began = performance.now();
    await openAiOracle(options(baseUrl)).ask(asked("p"));
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
  });

  it("counts a score as missing after its attempts, and a hanging server is not waited for", async () => {
    const { baseUrl, requests } = await serveJudge((prompt, _, response) => {
      if (prompt === "good") answer(response, { "5": 1 });
    });
    const answers = await openAiOracle(options(baseUrl, { timeoutMs: 700, attempts: 2 })).ask(asked("hangs", "good"));
    expect(answers[0]).toBeNull();
    expect(answers[1]?.[5]).toBeCloseTo(1);
    expect(requests).toHaveLength(3);
  });

  it("says what a refusal means, without the key", async () => {
    const { baseUrl } = await serveJudge((_, __, response) => response.writeHead(401).end("bad key sk-secret"));
    await expect(openAiOracle(options(baseUrl)).ask(asked("p"))).rejects.toMatchObject({
      kind: "judge-refused",
      message: `The judge's server refused the request: HTTP 401 from ${baseUrl} for model m.`,
      hint: "Check the API key in the environment variable that the spec's judge.api_key_env names.",
    });
  });

  it("asks no more after a refusal, and keeps what had been asked before", async () => {
    const { baseUrl, requests } = await serveJudge((prompt, _, response) => {
      if (prompt === "bad") response.writeHead(400).end();
      else setTimeout(() => answer(response, { "5": 1 }), 100);
    });
    const cache = memoryCache();
    const prompts = ["bad", "slow", ...Array.from({ length: 20 }, (_, index) => String(index))];
    const oracle = openAiOracle(options(baseUrl, { cache, maxConcurrency: 2 }));
    await expect(oracle.ask(asked(...prompts))).rejects.toMatchObject({ kind: "judge-refused" });
    expect(new Set(requests.map(({ body }) => body.messages[0]?.content))).toEqual(new Set(["bad", "slow"]));
    expect(cache.get(questionKey("m", "slow"))).toEqual([["5", 1]]);
  });

  it("gives up on a server that answers nothing, and says what happened last", async () => {
    const { baseUrl, requests } = await serveJudge((_, __, response) => response.writeHead(503).end());
    const prompts = Array.from({ length: 100 }, (_, index) => String(index));
    await expect(openAiOracle(options(baseUrl, { attempts: 2 })).ask(asked(...prompts))).rejects.toMatchObject({
      kind: "judge-unreachable",
      message: `The judge's server at ${baseUrl} does not answer (questions: 8, attempts at each: 2). The last time: HTTP 503.`,
      hint: "Check judge.base_url in the spec and whether the server runs, then apply again.",
    });
    expect(requests.length).toBeLessThan(30);
  });

  it("that is not there is not waited for either", async () => {
    const asking = openAiOracle(options("http://localhost.invalid/v1", { attempts: 1 })).ask(asked("p"));
    await expect(asking).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The judge's server at http:\/\/localhost\.invalid\/v1 does not answer \(questions: 1, attempts at each: 1\)\. The last time: getaddrinfo \w+ localhost\.invalid\.$/,
      ) as unknown,
    });
  });

  it("warns of nothing however many questions wait at once", async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error): void => void warnings.push(warning);
    process.on("warning", listener);
    const { baseUrl } = await serveJudge((_, call, response) => {
      if (call <= 40) response.writeHead(429).end();
      else answer(response, { "5": 1 });
    });
    const prompts = Array.from({ length: 40 }, (_, index) => String(index));
    const answers = await openAiOracle(options(baseUrl, { maxConcurrency: 40, attempts: 20, pauseMs: 100 })).ask(
      asked(...prompts),
    );
    expect(answers.every((one) => one?.[5] === 1)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("warning", listener);
    expect(warnings).toEqual([]);
  });

  it("says so when a server gives no logprobs", async () => {
    const { baseUrl } = await serveJudge((_, __, response) =>
      response.end(JSON.stringify({ choices: [{ message: { content: "80" } }] })),
    );
    await expect(openAiOracle(options(baseUrl)).ask(asked("p"))).rejects.toMatchObject({ kind: "judge-unusable" });
  });

  it("stops at once when interrupted", async () => {
    const { baseUrl } = await serveJudge(() => undefined);
    const abort = new AbortController();
    const asking = openAiOracle(options(baseUrl, { timeoutMs: 60_000, signal: abort.signal })).ask(asked("p"));
    setTimeout(() => abort.abort(), 20);
    await expect(asking).rejects.toThrow(/abort/i);
  });

  it("never pays twice for the same question, across runs and after a cut line", async () => {
    const folder = tempFolder();
    const { baseUrl, requests } = await serveJudge((_, __, response) => answer(response, { "5": 1 }));
    await openAiOracle(options(baseUrl, { cache: openAnswerCache(folder) })).ask(asked("a", "b"));
    const again = openAiOracle(options(baseUrl, { cache: openAnswerCache(folder) }));
    const answers = await again.ask(asked("b", "a", "c"));
    expect(answers.map((p) => p?.[5])).toEqual([1, 1, 1]);
    expect(new Set(requests.map(({ body }) => body.messages[0]?.content))).toEqual(new Set(["a", "b", "c"]));
    expect(requests).toHaveLength(3);
    await openAiOracle(options(baseUrl, { model: "other", cache: openAnswerCache(folder) })).ask(asked("a"));
    expect(requests).toHaveLength(4);
  });

  it("takes the mean of sampled replies from a server without logprobs, and keeps each", async () => {
    const replies = ["80", " 90 of 100", "I would say 50", "100"];
    const { baseUrl, requests } = await serveJudge((_, call, response) => {
      response.end(JSON.stringify({ choices: [{ message: { content: replies[call - 1] } }] }));
    });
    const cache = memoryCache();
    const [probabilities] = await openAiOracle(options(baseUrl, { samples: 4, cache })).ask(asked("p"));
    expect([80, 90, 100, 50].map((value) => probabilities?.[value])).toEqual([0.25, 0.25, 0.25, 0]);
    expect(expectedScore(probabilities ?? null)).toBeCloseTo(90, 4);
    expect(requests[0]?.body).toMatchObject({ temperature: 1, max_tokens: 8 });
    expect(requests[0]?.body).not.toHaveProperty("logprobs");
    await openAiOracle(options(baseUrl, { samples: 4, cache })).ask(asked("p"));
    expect(requests).toHaveLength(4);
  });

  it("stops when the budget is spent, and counts what earlier runs paid for", async () => {
    const { baseUrl, requests } = await serveJudge((_, __, response) => answer(response, { "5": 1 }));
    const cache = memoryCache();
    await openAiOracle(options(baseUrl, { cache })).ask(asked("a", "b"));
    const limited = openAiOracle(options(baseUrl, { cache, maxCalls: 3, maxConcurrency: 1 }));
    await expect(limited.ask(asked("a", "b", "c", "d"))).rejects.toMatchObject({
      kind: "budget-spent",
      message: "The judge's budget of 3 calls is spent.",
    });
    expect(requests).toHaveLength(3);
    expect(await limited.ask(asked("a", "c"))).toHaveLength(2);
  });
});
