import type { ModelConfig } from "../weights/config.ts";

/**
 * Rotary frequencies in radians a position: [headDim / 2], computed in double and rounded once.
 * Sources: Su et al. 2021 (RoFormer); linear scaling, Chen et al. 2023 (positions divided by a factor); Llama 3.1's as in
 * transformers, modeling_rope_utils.py, _compute_llama3_parameters. Throws EngineFailure `unsupported-model`.
 */
export function ropeFrequencies(config: ModelConfig, headDim: number): Float32Array {
  // transformers 5 writes one section, `rope_parameters`; before, theta lay outside and the rest in `rope_scaling`.
  const scaling = config.section(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
  const theta = scaling.number("rope_theta", config.number("rope_theta", 10_000));
  const plain = Float64Array.from({ length: headDim / 2 }, (_, index) => theta ** ((-2 * index) / headDim));
  const kind = scaling.text("rope_type", scaling.text("type", "default"));
  if (kind === "default") return Float32Array.from(plain);
  if (kind !== "linear" && kind !== "llama3") {
    throw config.unsupported(`the RoPE scaling "${kind}" is not supported (default, linear, llama3).`);
  }
  const factor = scaling.number("factor");
  if (kind === "linear") return Float32Array.from(plain, (frequency) => frequency / factor);
  const low = scaling.number("low_freq_factor");
  const high = scaling.number("high_freq_factor");
  const original = scaling.number("original_max_position_embeddings");
  return Float32Array.from(plain, (frequency) => {
    const turns = (original * frequency) / (2 * Math.PI);
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const smooth = (turns - low) / (high - low);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}

/**
 * Cosines and sines by position: each [positions, frequencies]. The angle is rounded to fp32 before the cosine, as
 * transformers does: at far positions that rounding is larger than anything else.
 */
export function ropeTables(
  frequencies: Float32Array,
  positions: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const cos = new Float32Array(positions * frequencies.length);
  const sin = new Float32Array(cos.length);
  for (let position = 0, at = 0; position < positions; position++) {
    for (const frequency of frequencies) {
      const angle = Math.fround(position * frequency);
      cos[at] = Math.cos(angle);
      sin[at++] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
