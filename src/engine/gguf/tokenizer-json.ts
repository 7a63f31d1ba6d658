import type { JsonObject, JsonValue } from "../../util/json.ts";
import { GgufError } from "./format.ts";
import type { Metadata } from "./metadata.ts";

/** How a byte-level BPE cuts a text before it merges. */
interface Cutting {
  readonly normalizer: JsonValue;
  readonly cut: JsonObject;
  /** A piece that is a token is that token, whatever the merges would make of it. */
  readonly ignoreMerges: boolean;
  /** Where the file does not say whether texts begin with BOS. */
  readonly addsBos: boolean;
}

const byteLevel = (useRegex: boolean): JsonObject => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const sequence = (...steps: readonly JsonObject[]): JsonObject => ({ type: "Sequence", pretokenizers: steps });

/** By a pattern, then as bytes. */
const byPattern = (pattern: string): JsonObject =>
  sequence({ type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false }, byteLevel(false));

const PLAIN: Cutting = { normalizer: null, cut: byteLevel(true), ignoreMerges: false, addsBos: false };
const LLAMA_3: Cutting = {
  ...PLAIN,
  cut: byPattern(
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ),
  ignoreMerges: true,
  addsBos: true,
};

/** By tokenizer.ggml.pre: each model's own tokenizer.json, of which llama.cpp keeps the name. */
const CUTTINGS: Readonly<Record<string, Cutting>> = {
  "gpt-2": PLAIN,
  smollm: { ...PLAIN, cut: sequence({ type: "Digits", individual_digits: true }, byteLevel(true)) },
  "llama-bpe": LLAMA_3,
  llama3: LLAMA_3,
  "llama-v3": LLAMA_3,
  qwen2: {
    ...PLAIN,
    normalizer: { type: "NFC" },
    cut: byPattern(
      String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    ),
  },
};

/** tokenizer.ggml.token_type */
const CONTROL = 3;
const USER_DEFINED = 4;

/** How a GGUF file's tokenizer cuts texts. Throws GgufError `unsupported` for one that cannot be written. */
export function cuttingOf(metadata: Metadata): Cutting {
  const model = metadata.text("tokenizer.ggml.model");
  if (model !== "gpt2")
    throw new GgufError(`its tokenizer is of the kind "${model}", not a byte-level BPE`, "unsupported");
  const pre = metadata.get("tokenizer.ggml.pre");
  const cutting = typeof pre === "string" && Object.hasOwn(CUTTINGS, pre) ? CUTTINGS[pre] : undefined;
  if (cutting === undefined) {
    const what = pre === undefined ? " that the file does not say" : ` that is not known: ${JSON.stringify(pre)}`;
    throw new GgufError(`its tokenizer cuts texts in a way${what}`, "unsupported");
  }
  return cutting;
}

/** The tokenizer.json of a GGUF file. Throws GgufError. */
export function tokenizerJson(metadata: Metadata): JsonObject {
  const cutting = cuttingOf(metadata);
  const tokens = metadata.texts("tokenizer.ggml.tokens");
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(tokens, metadata.get("tokenizer.ggml.token_type")),
    normalizer: cutting.normalizer,
    pre_tokenizer: cutting.cut,
    post_processor: postProcessor(metadata, tokens, cutting),
    decoder: byteLevel(true),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: cutting.ignoreMerges,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      // "a b"; a token never contains a space, but may begin with one.
      merges: metadata.texts("tokenizer.ggml.merges").map((pair) => {
        const space = pair.indexOf(" ", 1);
        return [pair.slice(0, space), pair.slice(space + 1)];
      }),
    },
  };
}

/** tokenizer_config.json: the special tokens by their roles, and the chat template. */
export function tokenizerConfigJson(metadata: Metadata): JsonObject {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const roles = { bos_token: "bos", eos_token: "eos", unk_token: "unknown", pad_token: "padding" };
  const named = Object.entries(roles).flatMap(([role, key]): [string, JsonValue][] => {
    const token = Array.isArray(tokens) ? (tokens[metadata.tokenId(key) ?? -1] as unknown) : undefined;
    return typeof token === "string" ? [[role, token]] : [];
  });
  const template = metadata.get("tokenizer.chat_template");
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries(named),
    ...(typeof template === "string" ? { chat_template: template } : {}),
  };
}

function addedTokens(tokens: readonly string[], types: unknown): JsonObject[] {
  if (!Array.isArray(types)) return [];
  return tokens.flatMap((content, id) => {
    const type: unknown = types[id];
    if (type !== CONTROL && type !== USER_DEFINED) return [];
    const places = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...places, special: type === CONTROL }];
  });
}

/** What stands before and after every text. */
function postProcessor(metadata: Metadata, tokens: readonly string[], { addsBos }: Cutting): JsonObject {
  const added = (name: "bos" | "eos", unsaid: boolean): { readonly id: number; readonly token: string } | undefined => {
    if ((metadata.get(`tokenizer.ggml.add_${name}_token`) ?? unsaid) !== true) return undefined;
    const id = metadata.tokenId(name);
    const token = id === undefined ? undefined : tokens[id];
    return id === undefined || token === undefined ? undefined : { id, token };
  };
  const [before, after] = [added("bos", addsBos), added("eos", false)];
  if (before === undefined && after === undefined) return byteLevel(true);
  const special = [before, after].filter((one) => one !== undefined);
  const piece = (one: typeof before): JsonObject[] =>
    one === undefined ? [] : [{ SpecialToken: { id: one.token, type_id: 0 } }];
  const text = (id: "A" | "B"): JsonObject[] => [...piece(before), { Sequence: { id, type_id: 0 } }, ...piece(after)];
  return {
    type: "TemplateProcessing",
    single: text("A"),
    pair: [...text("A"), ...text("B")],
    special_tokens: Object.fromEntries(
      special.map(({ id, token }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
}
