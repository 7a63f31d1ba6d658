import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RuntimeFailure } from "../failures.ts";
import { hubHome, inHome, type Environment } from "./hub-cache.ts";

/** How the hub is spoken to. */
export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Sent to the endpoint only; never stored or printed. */
  readonly token: string | undefined;
}

/** By the rules of huggingface_hub (constants.py, utils/_auth.py). Throws RuntimeFailure `hub-unreachable`. */
export function hubAccess(env: Environment): HubAccess {
  const endpoint = (env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  if (!/^https?:\/\/./.test(endpoint) || !URL.canParse(endpoint)) {
    const message = `HF_ENDPOINT is '${env["HF_ENDPOINT"] ?? ""}', which is no http address.`;
    throw new RuntimeFailure("hub-unreachable", message, "Leave it unset for https://huggingface.co.");
  }
  const { username, password } = new URL(endpoint);
  if (username !== "" || password !== "") {
    const message = "HF_ENDPOINT holds a user's name or password, which would be shown in messages.";
    throw new RuntimeFailure("hub-unreachable", message, "Put a token into HF_TOKEN instead.");
  }
  const fromEnv = env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"] || "";
  const token = fromEnv.trim() || readToken(inHome(env["HF_TOKEN_PATH"] || join(hubHome(env), "token"), env));
  return { endpoint, token: token || undefined };
}

/** Whether the user wants no network to be asked. */
export function isOffline(env: Environment): boolean {
  return /^(1|on|yes|true)$/i.test(env["HF_HUB_OFFLINE"] || env["TRANSFORMERS_OFFLINE"] || "");
}

/** Empty for whatever is no file that can be read. */
function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}
