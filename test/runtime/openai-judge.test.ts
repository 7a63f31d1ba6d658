import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openAnswerCache } from "../../src/runtime/judge/answer-cache.ts";
import {
  openAiOracle,
  type AnswerCache,
  type OpenAiOptions,
  type TokenProbability,
} from "../../src/runtime/judge/openai.ts";
import { tempFolder } from "../rig/temp-folder.ts";

type Handler = (prompt: string, call: number, response: ServerResponse) => void;

interface Request {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly messages: readonly { readonly content: string }[] };
}

/** A real server on loopback that behaves as the test says. */
async function serve(handler: Handler): Promise<{ baseUrl: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body = JSON.parse(text) as Request["body"];
      requests.push({ url: request.url, authorization: request.headers.authorization, body });
      handler(body.messages[0]?.content ?? "", requests.length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, requests };
}

function answer(response: ServerResponse, tokens: Record<string, number>): void {
  const top_logprobs = Object.entries(tokens).map(([token, p]) => ({ token, logprob: Math.log(p) }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ choices: [{ message: { content: "x" }, logprobs: { content: [{ top_logprobs }] } }] }));
}

function memoryCache(): AnswerCache {
  const answers = new Map<string, TokenProbability[]>();
  return { get: (key) => answers.get(key), set: (key, tokens) => void answers.set(key, tokens) };
}

function options(baseUrl: string, more: Partial<OpenAiOptions> = {}): OpenAiOptions {
  const shared = { model: "m", apiKey: "sk-secret", maxConcurrency: 4, pauseMs: 1, attempts: 4, timeoutMs: 2000 };
  return { baseUrl, ...shared, cache: memoryCache(), ...more };
}

describe("an OpenAI-compatible judge", () => {
  it("asks with the key and the parameters, and adds up tokens that are the same number", async () => {
    const { baseUrl, requests } = await serve((_, __, response) =>
      answer(response, { "80": 0.5, " 80": 0.25, yes: 0.1, "101": 0.1 }),
    );
    const [probabilities] = await openAiOracle(options(baseUrl)).ask(["p"]);
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
    const { baseUrl } = await serve((prompt, _, response) => {
      setTimeout(() => answer(response, { [prompt]: 1 }), 30 - Number(prompt) * 2);
    });
    const answers = await openAiOracle(options(baseUrl)).ask(["3", "9", "0", "7", "1"]);
    expect(answers.map((p) => p?.indexOf(1))).toEqual([3, 9, 0, 7, 1]);
  });

  it("tries again after 429, 500, a cut reply and a dropped connection", async () => {
    const { baseUrl, requests } = await serve((_, call, response) => {
      if (call === 1) response.writeHead(429, { "retry-after": "0" }).end();
      else if (call === 2) response.writeHead(500).end("oops");
      else if (call === 3) response.end('{"choices": [{"logpr');
      else answer(response, { "5": 1 });
    });
    const [probabilities] = await openAiOracle(options(baseUrl)).ask(["p"]);
    expect(probabilities?.[5]).toBeCloseTo(1);
    expect(requests).toHaveLength(4);
  });

  it("honours Retry-After", async () => {
    const { baseUrl } = await serve((_, call, response) => {
      if (call === 1) response.writeHead(429, { "retry-after": "0.3" }).end();
      else answer(response, { "5": 1 });
    });
    const began = performance.now();
    await openAiOracle(options(baseUrl)).ask(["p"]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
  });

  it("counts a score as missing after its attempts, and a hanging server is not waited for", async () => {
    const { baseUrl, requests } = await serve((prompt, _, response) => {
      if (prompt === "good") answer(response, { "5": 1 });
    });
    const answers = await openAiOracle(options(baseUrl, { timeoutMs: 50, attempts: 2 })).ask(["hangs", "good"]);
    expect(answers[0]).toBeNull();
    expect(answers[1]?.[5]).toBeCloseTo(1);
    expect(requests).toHaveLength(3);
  });

  it("says what a refusal means, without the key", async () => {
    const { baseUrl } = await serve((_, __, response) => response.writeHead(401).end("bad key sk-secret"));
    await expect(openAiOracle(options(baseUrl)).ask(["p"])).rejects.toMatchObject({
      kind: "judge-refused",
      message: `The judge's server refused the request: HTTP 401 from ${baseUrl} for model m.`,
      hint: "Check the API key in the environment variable that the spec's judge.api_key_env names.",
    });
  });

  it("says so when a server gives no logprobs", async () => {
    const { baseUrl } = await serve((_, __, response) =>
      response.end(JSON.stringify({ choices: [{ message: { content: "80" } }] })),
    );
    await expect(openAiOracle(options(baseUrl)).ask(["p"])).rejects.toMatchObject({ kind: "judge-unusable" });
  });

  it("stops at once when interrupted", async () => {
    const { baseUrl } = await serve(() => undefined);
    const abort = new AbortController();
    const asked = openAiOracle(options(baseUrl, { timeoutMs: 60_000, signal: abort.signal })).ask(["p"]);
    setTimeout(() => abort.abort(), 20);
    await expect(asked).rejects.toThrow(/abort/i);
  });

  it("never pays twice for the same question, across runs and after a cut line", async () => {
    const folder = tempFolder();
    const { baseUrl, requests } = await serve((_, __, response) => answer(response, { "5": 1 }));
    await openAiOracle(options(baseUrl, { cache: openAnswerCache(folder) })).ask(["a", "b"]);
    const again = openAiOracle(options(baseUrl, { cache: openAnswerCache(folder) }));
    const answers = await again.ask(["b", "a", "c"]);
    expect(answers.map((p) => p?.[5])).toEqual([1, 1, 1]);
    expect(new Set(requests.map(({ body }) => body.messages[0]?.content))).toEqual(new Set(["a", "b", "c"]));
    expect(requests).toHaveLength(3);
    await openAiOracle(options(baseUrl, { model: "other", cache: openAnswerCache(folder) })).ask(["a"]);
    expect(requests).toHaveLength(4);
  });
});
