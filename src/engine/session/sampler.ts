import { EngineFailure, type Sampling } from "../../domain/engine.ts";

/**
 * Draws a token: softmax(logits / temperature), cut to the smallest set of likeliest tokens whose probability reaches
 * topP (Holtzman et al. 2020), renormalized. `uniform` is in [0, 1). Equal probabilities are ordered by id.
 */
export function sampleToken(
  logits: Float32Array,
  { temperature, topP }: Extract<Sampling, { readonly topP: number }>,
  uniform: number,
): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    const weight = Math.exp((logits[id]! - highest) / temperature);
    weights[id] = weight;
    total += weight;
  }
  const kept = topP >= 1 ? allIds(weights) : nucleus(weights, total, topP);
  let keptTotal = 0;
  for (const id of kept) keptTotal += weights[id]!;
  let left = uniform * keptTotal;
  for (const id of kept) {
    left -= weights[id]!;
    if (left < 0) return id;
  }
  return kept.at(-1)!;
}

function allIds(weights: Float64Array): number[] {
  return Array.from(weights.keys());
}

/**
 * Sorting a whole vocabulary at every token would cost more than the model. Tokens below the cut have, all together, less
 * than the tail's probability, so the nucleus lies above it: the result is exact.
 */
function nucleus(weights: Float64Array, total: number, topP: number): number[] {
  const cut = ((1 - topP) * total) / weights.length;
  const candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= cut) candidates.push(id);
  candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
  let reached = 0;
  let count = 0;
  while (count < candidates.length && reached < topP * total) reached += weights[candidates[count++]!]!;
  return candidates.slice(0, Math.max(1, count));
}

export function checkSampling(sampling: Sampling): void {
  if (sampling.temperature === 0) return;
  const { temperature, topP } = sampling as Extract<Sampling, { readonly topP: number }>;
  if (temperature > 0 && Number.isFinite(temperature) && topP > 0 && topP <= 1) return;
  throw new EngineFailure(
    "runtime",
    `Sampling at temperature ${temperature} with top_p ${topP} is not possible.`,
    "Temperature is 0 or more, top_p above 0 and at most 1.",
  );
}
