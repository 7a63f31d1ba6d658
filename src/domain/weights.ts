/** Where a model's weights come from. Paths are absolute. */
export type WeightsLocation =
  /** In Hugging Face layout, used as they lie. */
  | { readonly kind: "folder"; readonly path: string }
  /** A GGUF file, which is converted once into a folder of `cache`. */
  | { readonly kind: "gguf"; readonly path: string; readonly cache: string }
  /** On the Hugging Face hub, and in this machine's cache of it. */
  | ({ readonly kind: "hub" } & HubRevision);

/** A repository of the Hugging Face hub, `<org>/<name>`, at a branch, a tag or a commit. */
export interface HubRevision {
  readonly repository: string;
  readonly revision: string;
}
