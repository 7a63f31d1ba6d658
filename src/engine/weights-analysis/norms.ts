import type { WeightPair } from "./pair.ts";
import { readChanges, type Watch } from "./read-changes.ts";

export interface WeightNorm {
  readonly name: string;
  readonly layer: number | undefined;
  readonly component: string;
  /** ‖Δ‖ (Frobenius) */
  readonly change: number;
  /** ‖Δ‖ / ‖θ_from‖; null where θ_from is zero. */
  readonly relative: number | null;
  /** Of θ_from and θ_to, as vectors; null where either is zero. */
  readonly cosine: number | null;
}

/** Of every tensor, in the architecture's order. Rejects with EngineFailure. */
export async function weightNorms({ tensors }: WeightPair, watch: Watch = {}): Promise<WeightNorm[]> {
  const changes = await readChanges(tensors, watch);
  return changes.map(({ changeSquares, fromSquares, toSquares }, index) => {
    const { name, layer, component } = tensors[index]!;
    // 2 ⟨x, y⟩ = ‖x‖² + ‖y‖² − ‖y − x‖²
    const inner = (fromSquares + toSquares - changeSquares) / 2;
    const cosine = inner / Math.sqrt(fromSquares * toSquares);
    return {
      name,
      layer,
      component,
      change: Math.sqrt(changeSquares),
      relative: fromSquares === 0 ? null : Math.sqrt(changeSquares / fromSquares),
      cosine: fromSquares === 0 || toSquares === 0 ? null : Math.max(-1, Math.min(1, cosine)),
    };
  });
}
