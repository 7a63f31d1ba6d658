import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { REPOSITORY } from "./rig.ts";

const require = createRequire(import.meta.url);
const BIN = require.resolve("yaml-language-server/bin/yaml-language-server");

export interface Completion {
  readonly label: string;
  readonly insertText?: string;
  readonly documentation?: string | { readonly value: string };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: unknown;
}

export interface Problem {
  readonly message: string;
}

/** Asks about texts as if they were open in an editor. `|` marks a place in one, and is no part of it. */
export interface Editor {
  /** What the language server offers at the mark. */
  complete(textWithMark: string): Promise<Completion[]>;
  /** What it shows for the word at the mark; empty when there is nothing. */
  hover(textWithMark: string): Promise<string>;
  /** What it finds wrong. */
  problems(text: string): Promise<Problem[]>;
}

/** Starts yaml-language-server, as editors do. */
export async function startLanguageServer(): Promise<LanguageServer> {
  const server = new LanguageServer();
  await server.request("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
  server.notify("initialized", {});
  // Schemas come from the files' first lines alone: nothing is fetched.
  const yaml = { schemaStore: { enable: false }, completion: true, hover: true, validate: true };
  server.notify("workspace/didChangeConfiguration", { settings: { yaml } });
  return server;
}

/** An editor on files of a folder of the repository, one a call, whose texts the calls give. */
export function openEditor(server: LanguageServer, folder: string): Editor {
  let files = 0;

  function show(text: string): string {
    files += 1;
    const uri = pathToFileURL(join(REPOSITORY, folder, `untitled-${files}.yaml`)).href;
    server.notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
    return uri;
  }

  function showMarked(textWithMark: string): object {
    const [before = "", after = ""] = textWithMark.split("|");
    const uri = show(before + after);
    const lines = before.split("\n");
    const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
    return { textDocument: { uri }, position };
  }

  return {
    async complete(textWithMark) {
      const answer = await server.request("textDocument/completion", showMarked(textWithMark));
      return (answer as { readonly items: Completion[] }).items;
    },
    async hover(textWithMark) {
      const answer = await server.request("textDocument/hover", showMarked(textWithMark));
      return (answer as { readonly contents: { readonly value: string } } | null)?.contents.value ?? "";
    },
    async problems(text) {
      const uri = show(text);
      const isOfText = (params: unknown): boolean => (params as { readonly uri: string }).uri === uri;
      const published = await server.next("textDocument/publishDiagnostics", isOfText);
      return (published as { readonly diagnostics: Problem[] }).diagnostics;
    },
  };
}

/** The Language Server Protocol over a process's standard input and output. */
export class LanguageServer {
  readonly #process = spawn(process.execPath, [BIN, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #received = Buffer.alloc(0);
  #id = 0;

  constructor() {
    this.#process.stdout.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      for (let message = this.#take(); message !== undefined; message = this.#take()) this.#on(message);
    });
  }

  request(method: string, params: object): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`)),
      );
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  /** The parameters of the server's next notification of this kind that passes. */
  next(method: string, passes: (params: unknown) => boolean): Promise<unknown> {
    return new Promise((resolve) => {
      const listener = (message: Message): void => {
        if (message.method !== method || !passes(message.params)) return;
        this.#listeners.delete(listener);
        resolve(message.params);
      };
      this.#listeners.add(listener);
    });
  }

  stop(): void {
    this.#process.kill();
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #on(message: Message): void {
    const { id, method } = message;
    if (method === undefined) this.#answers.get(id as number)?.(message);
    else if (id === undefined) for (const listener of this.#listeners) listener(message);
    // The server's own requests, such as to register what it can do, are granted.
    else this.#send({ id, result: null });
  }

  /** The next whole message of what has come. */
  #take(): Message | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString("latin1", 0, end))?.[1]);
    const body = this.#received.subarray(end + 4, end + 4 + length);
    if (body.length < length) return undefined;
    this.#received = this.#received.subarray(end + 4 + length);
    return JSON.parse(body.toString("utf8")) as Message;
  }
}
