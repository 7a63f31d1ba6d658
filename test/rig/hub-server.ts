import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A repository as the hub has it. Files of at least `largeFrom` bytes lie elsewhere, as Git LFS's do. */
export interface HubRepository {
  readonly name: string;
  readonly commit: string;
  /** Branches and tags. */
  readonly refs: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly largeFrom: number;
}

export interface HubRequest {
  readonly route: "info" | "tree" | "resolve" | "storage";
  /** Of a resolve or a storage request. */
  readonly file: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  /** Bytes of the body that were sent. */
  sent: number;
}

/** What the server does instead of answering. */
export type Misbehaviour =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Closes the connection after so many bytes of a file. */
  | { readonly cutAfter: number }
  /** Sends so many bytes of a file, and then nothing. */
  | { readonly stopAfter: number }
  | { readonly wrongBytes: true }
  | { readonly ignoreRange: true }
  /** A JSON answer. */
  | { readonly json: unknown }
  | { readonly bytesPerSecond: number };

export interface HubServer {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  readonly requests: HubRequest[];
  /** Asked at every request, with how many there were of its route and file, this one included. */
  misbehave: (request: HubRequest, count: number) => Misbehaviour | undefined;
}

export const etagOf = (bytes: Uint8Array, isLarge: boolean): string =>
  isLarge
    ? createHash("sha256").update(bytes).digest("hex")
    : createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/** The routes of the hub that its tools download models by, on loopback, and a storage on another port. Goes with the test. */
export async function serveHub(repository: HubRepository): Promise<HubServer> {
  const { name, commit, refs, files, largeFrom } = repository;
  const requests: HubRequest[] = [];
  const isLarge = (file: string): boolean => (files[file]?.length ?? 0) >= largeFrom;
  const known = (revision: string): boolean => revision === commit || refs.includes(revision);

  const admit = (request: IncomingMessage, route: HubRequest["route"], file: string) => {
    const { authorization, range } = request.headers;
    const admitted: HubRequest = { route, file, authorization, range, sent: 0 };
    requests.push(admitted);
    const count = requests.filter((other) => other.route === route && other.file === file).length;
    return { admitted, bad: hub.misbehave(admitted, count) };
  };

  const storage = await listen((request, response) => {
    const file = decodeURIComponent(new URL(request.url ?? "", "http://x").pathname.slice(1));
    const { admitted, bad } = admit(request, "storage", file);
    void send(response, files[file] ?? new Uint8Array(), admitted, bad);
  });

  const api: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const [, info] = new RegExp(`^/api/models/${name}/revision/([^/]+)$`).exec(pathname) ?? [];
    const [, tree] = new RegExp(`^/api/models/${name}/tree/(.+)$`).exec(pathname) ?? [];
    const [, resolved, file = ""] = new RegExp(`^/${name}/resolve/([^/]+)/(.+)$`).exec(pathname) ?? [];
    const revision = decodeURIComponent(info ?? tree ?? resolved ?? "");
    const route = info !== undefined ? "info" : tree !== undefined ? "tree" : "resolve";
    const { admitted, bad } = admit(request, route, file);
    if (bad !== undefined && "status" in bad) return refuse(response, bad.status, bad.headers);
    if (bad !== undefined && "json" in bad) return json(response, bad.json);
    if (revision === "") return refuse(response, 404, { "x-error-code": "RepoNotFound" });
    if (!known(revision)) return refuse(response, 404, { "x-error-code": "RevisionNotFound" });
    if (info !== undefined) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      return json(response, { _id: "1", id: name, sha: commit, private: false, gated: false, siblings });
    }
    if (tree !== undefined) {
      const from = Number(searchParams.get("cursor") ?? 0);
      if (from + PAGE < Object.keys(files).length) {
        const next = `${hub.endpoint}/api/models/${name}/tree/${tree}?cursor=${from + PAGE}`;
        response.setHeader("link", `<${next}>; rel="next"`);
      }
      return json(response, entries(repository).slice(from, from + PAGE));
    }
    const bytes = files[file];
    if (bytes === undefined) return refuse(response, 404, { "x-error-code": "EntryNotFound" });
    const etag = etagOf(bytes, isLarge(file));
    response.setHeader("x-repo-commit", commit);
    if (isLarge(file)) {
      const headers = { "x-linked-etag": `"${etag}"`, "x-linked-size": bytes.length, location: `${storage}/${file}` };
      response.writeHead(302, headers).end();
      return;
    }
    response.setHeader("etag", `"${etag}"`);
    void send(response, bytes, admitted, bad, request.method);
  };

  const hub: HubServer = { endpoint: await listen(api), requests, misbehave: () => undefined };
  return hub;
}

/** Entries of a listing at a time. */
const PAGE = 4;

function entries({ files, largeFrom }: HubRepository): object[] {
  return Object.entries(files).map(([path, bytes]) => {
    const common = { type: "file", path, size: bytes.length, oid: etagOf(bytes, false) };
    return bytes.length < largeFrom
      ? common
      : { ...common, lfs: { oid: etagOf(bytes, true), size: bytes.length, pointerSize: 130 } };
  });
}

async function send(
  response: ServerResponse,
  all: Uint8Array,
  request: HubRequest,
  bad: Misbehaviour | undefined,
  method = "GET",
): Promise<void> {
  if (bad !== undefined && "status" in bad) return refuse(response, bad.status, bad.headers);
  const asked = bad !== undefined && "ignoreRange" in bad ? null : /^bytes=(\d+)-(\d*)$/.exec(request.range ?? "");
  const from = Number(asked?.[1] ?? 0);
  const to = asked?.[2] ? Number(asked[2]) + 1 : all.length;
  const bytes = Buffer.from(all.subarray(from, to));
  if (bad !== undefined && "wrongBytes" in bad) bytes[bytes.length - 1]! ^= 1;
  const headers = { "content-length": bytes.length, "accept-ranges": "bytes" };
  if (asked === null) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, "content-range": `bytes ${from}-${to - 1}/${all.length}` });
  if (method === "HEAD") return void response.end();
  const cut = bad !== undefined && "cutAfter" in bad ? bad.cutAfter : undefined;
  const stop = bad !== undefined && "stopAfter" in bad ? bad.stopAfter : undefined;
  const rate = bad !== undefined && "bytesPerSecond" in bad ? bad.bytesPerSecond : Infinity;
  const limit = cut ?? stop ?? bytes.length;
  const piece = Math.min(1 << 16, Math.max(rate / 20, 1));
  for (let at = 0; at < limit && !response.destroyed; at += piece) {
    const part = bytes.subarray(at, Math.min(at + piece, limit));
    request.sent += part.length;
    await new Promise((written) => response.write(part, written));
    if (rate !== Infinity) await sleep((part.length / rate) * 1000);
  }
  if (cut !== undefined) response.destroy();
  else if (stop === undefined) response.end();
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, headers).end();
}

function json(response: ServerResponse, body: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

async function listen(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
