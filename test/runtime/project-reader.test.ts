import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { WeightsRead } from "../../src/compiler/reader.ts";
import { headerByteLength, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { diskReader } from "../../src/runtime/project-reader.ts";
import { REPOSITORY } from "../rig/project.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const TINY = join(REPOSITORY, "models/tiny/base");

function file(content: string | Uint8Array): string {
  const path = join(tempFolder(), "file.txt");
  writeFileSync(path, content);
  return path;
}

describe("a text", () => {
  test("is read as it is", () => {
    expect(diskReader().readText(file("größer\r\n\n→"))).toEqual({ status: "ok", text: "größer\r\n\n→" });
    expect(diskReader().readText(file(""))).toEqual({ status: "ok", text: "" });
  });

  test.each([
    ["the first line", "\xff\n", 1],
    ["a later line", "a\nb\n\xc3\n", 3],
    ["the last line, without its end", "a\nb\xe2\x82", 2],
    ["after lines that are right", `${Buffer.from("größer\n€\n").toString("latin1")}\xe4`, 3],
  ])("that is not UTF-8 in %s is refused with the line", (_, bytes, line) => {
    expect(diskReader().readText(file(Buffer.from(bytes, "latin1")))).toEqual({ status: "not-utf8", line });
  });

  test("that is not there, that is a folder, that is behind a file", () => {
    const folder = tempFolder();
    const reader = diskReader();
    expect(reader.readText(join(folder, "none.txt"))).toEqual({ status: "missing" });
    expect(reader.readText(folder)).toEqual({ status: "not-a-file" });
    expect(reader.readText(join(file("x"), "deeper.txt"))).toEqual({ status: "missing" });
    expect([reader.exists(folder), reader.exists(join(folder, "none.txt"))]).toEqual([true, false]);
  });

  test("that the system refuses says so in its words", () => {
    expect(diskReader().readText(join(tempFolder(), "x".repeat(300)))).toEqual({
      status: "unreadable",
      message: "ENAMETOOLONG",
    });
  });

  test("a folder is listed, and anything else is empty", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a"), "");
    mkdirSync(join(folder, "b"));
    const reader = diskReader();
    expect([...reader.list(folder)].toSorted()).toEqual(["a", "b"]);
    expect([reader.list(join(folder, "a")), reader.list(join(folder, "none"))]).toEqual([[], []]);
  });
});

/** A copy of tiny weights, changed. */
function weights(change: (folder: string) => void = () => undefined): WeightsRead {
  const folder = join(tempFolder(), "weights");
  cpSync(TINY, folder, { recursive: true });
  change(folder);
  return diskReader().weights({ kind: "folder", path: folder });
}

function said(read: WeightsRead): string {
  return read.status === "ok"
    ? "ok"
    : `${read.status}: ${read.message.replaceAll(/\/\S+\/weights\b/g, "W")} ${read.hint}`;
}

describe("weights", () => {
  test("that are whole have their shape and an identity", () => {
    expect(weights()).toMatchObject({
      status: "ok",
      layers: 8,
      hiddenSize: 128,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
  });

  test.each<[string, (folder: string) => void, string]>([
    [
      "no folder",
      (folder) => rmSync(folder, { recursive: true }),
      "missing: There is no folder W. The weights' folder is one in Hugging Face layout: config.json, tokenizer.json and *.safetensors.",
    ],
    [
      "no config",
      (folder) => rmSync(join(folder, "config.json")),
      "missing: W has no config.json. The weights' folder is one in Hugging Face layout: config.json, tokenizer.json and *.safetensors.",
    ],
    [
      "no tensors",
      (folder) => rmSync(join(folder, "model.safetensors")),
      "missing: W has neither model.safetensors nor model.safetensors.index.json. Download the model's safetensors files; pytorch_model.bin is not read, and a GGUF file is named itself: weights: <file>.gguf.",
    ],
    [
      "a pointer of Git LFS",
      (folder) => writeFileSync(join(folder, "model.safetensors"), "version https://git-lfs.github.com/spec/v1\n"),
      "missing: W/model.safetensors is a Git LFS pointer, not the file itself. Run `git lfs pull` in the model's repository.",
    ],
    [
      "a config that is not JSON",
      (folder) => writeFileSync(join(folder, "config.json"), "[1, 2]"),
      "damaged: W/config.json is not a JSON object. Download the file again.",
    ],
    [
      "a file that was cut short",
      (folder) => truncateSync(join(folder, "model.safetensors"), 100_000),
      'damaged: W/model.safetensors: tensor "model.embed_tokens.weight" ends at byte 532224, but the file has 100000. The download may have been cut short: fetch the file again.',
    ],
    [
      "an empty file",
      (folder) => truncateSync(join(folder, "model.safetensors")),
      "damaged: W/model.safetensors: the file has 0 bytes, fewer than the 8 of a header length. The download may have been cut short: fetch the file again.",
    ],
  ])("with %s", (_, change, expected) => {
    expect(said(weights(change))).toBe(expected);
  });
});

function editJson(path: string, edit: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  edit(json);
  writeFileSync(path, JSON.stringify(json));
}

/** Cuts the one file into two, and writes their index. */
function reshard(folder: string): void {
  const whole = join(folder, "model.safetensors");
  const bytes = readFileSync(whole);
  const { entries } = parseSafetensorsHeader(
    bytes.subarray(0, 8 + headerByteLength(bytes.subarray(0, 8), bytes.length)),
    bytes.length,
  );
  const names = [...entries.keys()].toReversed();
  const weight_map: Record<string, string> = {};
  for (const [index, part] of [names.slice(0, 20), names.slice(20)].entries()) {
    const shard = `model-0000${index + 1}-of-00002.safetensors`;
    let end = 0;
    const header: Record<string, object> = {};
    const pieces: Uint8Array[] = [];
    for (const name of part) {
      const { dtype, shape, begin, end: last } = entries.get(name)!;
      header[name] = { dtype, shape, data_offsets: [end, (end += last - begin)] };
      pieces.push(bytes.subarray(begin, last));
      weight_map[name] = shard;
    }
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(join(folder, shard), Buffer.concat([length, json, ...pieces]));
  }
  rmSync(whole);
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map }));
}

/** Flips the lowest bit of one value of a tensor. */
function changeOneValue(folder: string): void {
  const path = join(folder, "model.safetensors");
  const bytes = readFileSync(path);
  const { entries } = parseSafetensorsHeader(
    bytes.subarray(0, 8 + headerByteLength(bytes.subarray(0, 8), bytes.length)),
    bytes.length,
  );
  const { begin, end } = entries.get("model.layers.4.mlp.up_proj.weight")!;
  bytes[begin + 2 * Math.floor((end - begin) / 4)]! ^= 1;
  writeFileSync(path, bytes);
}

describe("the identity of weights", () => {
  const digest = (change?: (folder: string) => void): string => {
    const read = weights(change);
    if (read.status !== "ok") throw new Error(read.message);
    return read.digest;
  };
  const same = (): string => digest();

  test.each<[string, (folder: string) => void]>([
    ["in another folder", () => undefined],
    ["cut into shards, in another order", reshard],
    ["beside files that no model reads", (folder) => writeFileSync(join(folder, "README.md"), "hello")],
  ])("is the same %s", (_, change) => {
    expect(digest(change)).toBe(same());
  });

  test.each<[string, (folder: string) => void]>([
    ["one value of one tensor", changeOneValue],
    ["the tokenizer", (folder) => editJson(join(folder, "tokenizer.json"), (json) => (json["version"] = "1.1"))],
    [
      "the chat template",
      (folder) => editJson(join(folder, "tokenizer_config.json"), (json) => (json["chat_template"] = "{{ messages }}")),
    ],
    [
      "a chat template in a file of its own",
      (folder) => writeFileSync(join(folder, "chat_template.jinja"), "{{ messages }}"),
    ],
    [
      "what ends a text",
      (folder) => editJson(join(folder, "generation_config.json"), (json) => (json["eos_token_id"] = [1, 2])),
    ],
    ["the config", (folder) => editJson(join(folder, "config.json"), (json) => (json["rope_theta"] = 500_000))],
  ])("is another one with a change of %s", (_, change) => {
    expect(digest(change)).not.toBe(same());
  });
});
