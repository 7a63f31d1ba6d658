/** What training changed between two checkpoints of one shape, read from their files: no model is loaded. */
export { WeightAligner } from "./aligner.ts";
export { SINGULAR_DIRECTIONS, type LayerAlignment, type WriterAlignment } from "./alignment.ts";
export { logitLensTokens, type LensToken, type LensTokens } from "./lens-tokens.ts";
export { weightNorms, type WeightNorm } from "./norms.ts";
export { openWeightPair, WRITERS, type WeightPair, type Writer } from "./pair.ts";
export { residualChanges } from "./residual-changes.ts";
export type { Watch } from "./read-changes.ts";
