import type { WeightsLocation } from "../domain/weights.ts";
import type { SchemaCheck, SchemaName } from "./validate/violation.ts";

/**
 * How the compiler sees the world: everything it reads is handed in through this, so that it touches no disk and the
 * same files give the same answer anywhere. Paths are absolute.
 */
export interface ProjectReader {
  /** Whether a file or a folder is there. */
  exists(path: string): boolean;
  readText(path: string): TextRead;
  /** Names in a folder, in any order; none when it is not one. */
  list(path: string): readonly string[];
  /** Model weights on this machine: no network is asked. May be asked for the same ones more than once. */
  weights(location: WeightsLocation): WeightsRead;
  /** The check of one of steerform's own schemas. */
  schema(name: SchemaName): SchemaCheck;
}

export type TextRead =
  | { readonly status: "ok"; readonly text: string }
  | { readonly status: "missing" }
  /** A folder, a device, ... */
  | { readonly status: "not-a-file" }
  /** `line` (from 1) holds the first byte that is not UTF-8. */
  | { readonly status: "not-utf8"; readonly line: number }
  /** `message` is a clause: "permission denied". */
  | { readonly status: "unreadable"; readonly message: string };

export type WeightsRead =
  | {
      readonly status: "ok";
      /** Where they are, or, of a GGUF file, will be once it is converted; absolute. */
      readonly folder: string;
      readonly digest: string;
      readonly layers: number;
      readonly hiddenSize: number;
      /** Positions. */
      readonly context: number;
      readonly vocabSize: number;
      /** Whether the chat template has a place for one; false without a template. */
      readonly takesSystemPrompts: boolean;
    }
  /** Sentences; `message` names files as `hf://<org>/<name>/<file>`, or by the path that was asked for. */
  | {
      readonly status: "missing";
      readonly message: string;
      readonly hint: string;
      /** They can be downloaded. */
      readonly obtainable?: boolean;
    }
  | { readonly status: "damaged" | "unsupported"; readonly message: string; readonly hint: string };
