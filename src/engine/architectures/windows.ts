import type { ModelConfig } from "../weights/config.ts";

/**
 * The window of every layer: `layer_types` says which layers have one, and `slides` where a config has no such list.
 * Throws EngineFailure `unsupported-model`.
 */
export function windowsByLayer(
  config: ModelConfig,
  layers: number,
  window: number | undefined,
  slides: (layer: number) => boolean,
): (number | undefined)[] {
  const types = config.texts("layer_types");
  if (types !== undefined && types.length !== layers) {
    throw config.unsupported(`"layer_types" has ${types.length} entries for ${layers} layers.`);
  }
  return Array.from({ length: layers }, (_, layer) => {
    const type = types?.[layer] ?? (slides(layer) ? SLIDING : FULL);
    if (type === FULL) return undefined;
    if (type !== SLIDING) throw config.unsupported(`the layer type "${type}" is not supported (${FULL}, ${SLIDING}).`);
    if (window === undefined) throw config.unsupported(`layer ${layer} is "${SLIDING}", but there is no window.`);
    return window;
  });
}

const SLIDING = "sliding_attention";
const FULL = "full_attention";

/** As Qwen's configs say it: a window only when `use_sliding_window` is true, from layer `max_window_layers` on. */
export function qwenWindows(config: ModelConfig, layers: number): (number | undefined)[] {
  const window = config.flag("use_sliding_window") ? config.optionalCount("sliding_window", 4096) : undefined;
  const first = config.number("max_window_layers", 28);
  return windowsByLayer(config, layers, window, (layer) => window !== undefined && layer >= first);
}
