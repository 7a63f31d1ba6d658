/** Whether a judge's server answers. */
export type JudgeReach =
  | { readonly status: "answers"; readonly http: number }
  /** `reason` is a clause: "connect ECONNREFUSED 127.0.0.1:1". */
  | { readonly status: "unreachable"; readonly reason: string };

const TIMEOUT_MS = 10_000;

/** Asks an OpenAI-compatible server for its models, which costs nothing. */
export async function reachJudge(baseUrl: string, apiKey: string | undefined): Promise<JudgeReach> {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/models`, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return { status: "answers", http: response.status };
  } catch (error) {
    if (error instanceof Error) return { status: "unreachable", reason: reasonOf(error) };
    throw error;
  }
}

/** fetch wraps what went wrong: `connect ECONNREFUSED 127.0.0.1:1`. */
export function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return "no reply in time";
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
