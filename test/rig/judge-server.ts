import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Reply = (prompt: string, call: number, response: ServerResponse) => void;

export interface JudgeRequest {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly messages: readonly { readonly content: string }[] };
}

/** A chat-completions server on loopback that replies as the test says. It goes with the test. */
export async function serveJudge(reply: Reply): Promise<{ baseUrl: string; requests: JudgeRequest[] }> {
  const requests: JudgeRequest[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body = JSON.parse(text) as JudgeRequest["body"];
      requests.push({ url: request.url, authorization: request.headers.authorization, body });
      reply(body.messages[0]?.content ?? "", requests.length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, requests };
}

/** A reply whose first token is distributed like this. */
export function answer(response: ServerResponse, tokens: Readonly<Record<string, number>>): void {
  const top_logprobs = Object.entries(tokens).map(([token, p]) => ({ token, logprob: Math.log(p) }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ choices: [{ message: { content: "x" }, logprobs: { content: [{ top_logprobs }] } }] }));
}
