/** The probability of a token as the first of a reply. */
export type TokenProbability = readonly [token: string, probability: number];

/** The first token's alternatives; undefined for a reply of another shape. */
export function readTokens(body: unknown): TokenProbability[] | "no-logprobs" | undefined {
  const choice = (body as { choices?: readonly ChatChoice[] } | null)?.choices?.[0];
  if (choice === undefined || choice === null) return undefined;
  const top = choice.logprobs?.content?.[0]?.top_logprobs;
  if (!Array.isArray(top)) return "no-logprobs";
  const tokens: TokenProbability[] = [];
  for (const entry of top) {
    if (typeof entry?.token !== "string" || typeof entry.logprob !== "number") return undefined;
    tokens.push([entry.token, Math.exp(entry.logprob)]);
  }
  return tokens;
}

/** The number that a sampled reply begins with; another reply has its mass on no number. */
export function readNumber(body: unknown): TokenProbability[] | undefined {
  const text = (body as { choices?: readonly ChatChoice[] } | null)?.choices?.[0]?.message?.content;
  if (typeof text !== "string") return undefined;
  return [[/^\s*(\d{1,3})(?![\d.])/.exec(text)?.[1] ?? "", 1]];
}

/** Mass per whole number; tokens that are the same number but for surrounding space add up. */
export function numberProbabilities(tokens: readonly TokenProbability[]): Float32Array {
  const probabilities = new Float32Array(101);
  for (const [token, p] of tokens) {
    const text = token.trim();
    if (/^\d{1,3}$/.test(text) && Number(text) <= 100) probabilities[Number(text)]! += p;
  }
  return probabilities;
}

interface ChatChoice {
  readonly message?: { readonly content?: unknown } | null;
  readonly logprobs?: { readonly content?: readonly { readonly top_logprobs?: readonly TopLogprob[] }[] | null } | null;
}
interface TopLogprob {
  readonly token?: unknown;
  readonly logprob?: unknown;
}
