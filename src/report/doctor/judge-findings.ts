import type { JudgeFacts } from "../../runtime/doctor/examine-spec.ts";
import type { JudgeReach } from "../../runtime/judge/reach.ts";
import { findingsOf, type Finding } from "./finding.ts";

const finding = findingsOf("judge");

/** Who judges, whether there is a key, and whether the server answers. */
export function judgeFindings(judge: JudgeFacts): Finding[] {
  if (judge.provider === "local") return [finding("judge", "ok", `the spec's own model ${judge.variant}`)];
  const { model, baseUrl, apiKeyEnv, hasKey, reach } = judge;
  return [
    finding("judge", "ok", `${model} at ${baseUrl}`),
    ...(apiKeyEnv === undefined ? [] : [keyFinding(apiKeyEnv, hasKey)]),
    reach === undefined
      ? finding("server", "note", "not asked whether it answers", "steerform doctor --check-judge asks it.")
      : reachFinding(reach),
  ];
}

function keyFinding(name: string, isSet: boolean): Finding {
  if (isSet) return finding("key", "ok", `${name} is set`);
  return finding("key", "problem", `the environment variable ${name} is not set`, `export ${name}=...`);
}

function reachFinding(reach: JudgeReach): Finding {
  if (reach.status === "unreachable") {
    const hint = "Check judge.base_url, whether the server runs, and whether this machine has a network.";
    return finding("server", "problem", `does not answer: ${reach.reason}`, hint);
  }
  const { http } = reach;
  if (http === 401 || http === 403) {
    const hint = "Check the key in the environment variable that judge.api_key_env names.";
    return finding("server", "problem", `answers, and refuses the key (HTTP ${http})`, hint);
  }
  if (http < 300) return finding("server", "ok", "answers");
  // Not every compatible server lists its models.
  return finding("server", "note", `answers HTTP ${http} when asked for its models`);
}
