import type { VectorsTask } from "../../domain/task.ts";
import { readableJson } from "../../util/readable-json.ts";
import type { LayerMetadata, VectorsMetadata } from "../tasks/vectors.ts";

type Fields = Readonly<Record<string, unknown>>;

const COUNTS = ["n_pos", "n_neg", "n_val_pos", "n_val_neg"] as const;

/** A vector set's metadata.json from one that another program wrote, or from none: what it does not say is not there, or null. */
export function vectorsMetadata(
  { params }: VectorsTask,
  { layers, hiddenSize }: { readonly layers: number; readonly hiddenSize: number },
  foreign: Uint8Array | undefined,
): string {
  const fields = parsed(foreign);
  const counts = COUNTS.flatMap((name) => (Number.isInteger(fields[name]) ? [[name, fields[name] as number]] : []));
  const document: VectorsMetadata = {
    ...params,
    n_layers: layers,
    hidden_dim: hiddenSize,
    ...(Object.fromEntries(counts) as Partial<Record<(typeof COUNTS)[number], number>>),
    n_pairs: null,
    layers: Array.from({ length: layers }, (_, layer) => layerMetadata(layer, layerFields(fields["layers"], layer))),
  };
  return readableJson(document);
}

function parsed(bytes: Uint8Array | undefined): Fields {
  try {
    return fieldsOf(JSON.parse(Buffer.from(bytes ?? []).toString()));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Layers are a list, or an object by their number. */
function layerFields(layers: unknown, layer: number): Fields {
  if (!Array.isArray(layers)) return fieldsOf(fieldsOf(layers)[String(layer)]);
  return fieldsOf(layers.find((one: unknown) => fieldsOf(one)["layer"] === layer) ?? layers[layer]);
}

function layerMetadata(layer: number, fields: Fields): LayerMetadata {
  const number = (name: string): number | null => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  };
  const bias = number("bias");
  return {
    layer,
    norm: number("norm"),
    baseline: number("baseline"),
    ...(bias === null ? {} : { bias }),
    train_acc: number("train_acc"),
    val_acc: number("val_acc"),
    train_effect_size: number("train_effect_size"),
    val_effect_size: number("val_effect_size"),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
