import { controlVectors } from "./control-vectors.ts";
import { seedLayout } from "./seed-layout.ts";
import { csv, jsonl } from "./table-files.ts";
import type { ExportFormat } from "./types.ts";
import { vectorSafetensors } from "./vector-safetensors.ts";

export const EXPORT_FORMATS: readonly ExportFormat[] = [seedLayout, vectorSafetensors, controlVectors, csv, jsonl];
