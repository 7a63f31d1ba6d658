import type { HubRevision } from "../../domain/weights.ts";
import { RuntimeFailure } from "../failures.ts";
import type { HubAccess } from "./hub-access.ts";

/** What a hub's refusal means. Source of the codes: huggingface_hub, utils/_http.py, hf_raise_for_status. */
export function refused(
  { status, headers }: Pick<Response, "status" | "headers">,
  { repository, revision }: HubRevision,
  { endpoint, token }: HubAccess,
): RuntimeFailure {
  const code = headers.get("x-error-code");
  const page = `${endpoint}/${repository}`;
  const failure = (what: string, hint: string): RuntimeFailure =>
    new RuntimeFailure("hub-refused", `${what} (HTTP ${status} from ${endpoint}).`, hint);
  if (code === "GatedRepo") {
    const accept = `Accept the model's licence at ${page}`;
    return failure(
      `${repository} is gated, and not open to ${token === undefined ? "somebody without a token" : "this token"}`,
      token === undefined
        ? `${accept}, and set HF_TOKEN to a token of that account.`
        : `${accept} with the account of the token, and give the token the right to read gated repositories.`,
    );
  }
  if (code === "RevisionNotFound") {
    return failure(`${repository} has no revision '${revision}'`, `Its branches and tags are at ${page}/tree/main.`);
  }
  if (status === 401 || status === 403 || code === "RepoNotFound") {
    return failure(
      `There is no model ${repository}, or it is private`,
      token === undefined
        ? "Check the name. For a private model set HF_TOKEN."
        : "Check the name, and that the token is valid and may read the model.",
    );
  }
  if (status === 404) {
    return failure(`${repository} at '${revision}' has not what was asked for`, `Look at ${page}/tree/main.`);
  }
  return failure(`The hub refused a request for ${repository}`, "Check HF_ENDPOINT, and try again later.");
}

export function unreachable({ repository }: HubRevision, { endpoint }: HubAccess, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    "hub-unreachable",
    `${repository} could not be downloaded from ${endpoint}: ${reason}.`,
    "Check the network (and HF_ENDPOINT) and apply again: what has been downloaded is kept.",
  );
}

export function notTheHub({ endpoint }: HubAccess, what: string): RuntimeFailure {
  return new RuntimeFailure(
    "hub-unreachable",
    `The server at ${endpoint} does not answer as the hub does: ${what}.`,
    "Check HF_ENDPOINT.",
  );
}

export function withoutSafetensors({ repository, revision }: HubRevision): RuntimeFailure {
  return new RuntimeFailure(
    "weights-missing",
    `${repository} at '${revision}' has no model.safetensors, nor an index of shards.`,
    "pytorch_model.bin is not read, since it can run code. Many such models have safetensors at a revision refs/pr/<n>.",
  );
}

export function damaged({ repository }: HubRevision, path: string, found: string, expected: string): RuntimeFailure {
  return new RuntimeFailure(
    "download-damaged",
    `${repository}/${path} came damaged, twice: its checksum is ${found}, and the hub says ${expected}.`,
    "A proxy may change what is downloaded. Try again, or another network.",
  );
}

export function tooLarge(needed: string, free: string, cache: string): RuntimeFailure {
  return new RuntimeFailure(
    "disk",
    `The download needs ${needed}, and the disk of ${cache} has ${free} left.`,
    "Free some space, or set HF_HOME to a folder on a larger disk.",
  );
}
