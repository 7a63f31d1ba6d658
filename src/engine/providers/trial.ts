import { fork } from "node:child_process";
import type { Provider } from "../../domain/engine.ts";
import type { ProviderTrial } from "../../domain/machine.ts";
import { programFile } from "../../util/package-files.ts";
import { moduleArguments } from "../start-thread.ts";

/** A driver may take long to wake, and shaders to compile. */
const TIMEOUT_MS = 60_000;

/** What the process that tries a provider tells. */
export type TrialMessage = { readonly works: true } | { readonly works: false; readonly reason: string };

/**
 * Lets a provider compute something in a process of its own: a library that does not fit crashes whatever loads it, and
 * what goes wrong inside of it stands on standard error only.
 */
export function tryProvider(provider: Provider): Promise<ProviderTrial> {
  const { path, execArgv } = moduleArguments(programFile("engine/providers/trial-process"));
  const child = fork(path, [provider], { execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let [said, printed, late] = [undefined as TrialMessage | undefined, "", false];
  child.on("message", (message: TrialMessage) => (said = message));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const works = said?.works === true;
      const ended = late ? `it did not answer in ${TIMEOUT_MS / 1000} s` : `it crashed (${signal ?? `exit ${code}`})`;
      const thrown = said === undefined ? ended : said.works ? "" : said.reason;
      resolve({ provider, works, reason: works ? "" : (causeIn(printed) ?? thrown) });
    });
  });
}

/** ONNX Runtime throws that a library was not loaded, and prints why; Dawn prints why there is no Vulkan. */
function causeIn(printed: string): string | undefined {
  const found = /with error: (.+)|Couldn't load Vulkan: (.+)/.exec(printed);
  // The loader's words begin with the path of what it was asked for.
  return (found?.[1] ?? found?.[2])?.trim().replace(/^\/\S*\//, "");
}
