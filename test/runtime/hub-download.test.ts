import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { failureOf, Interrupted } from "../../src/runtime/failures.ts";
import { diskReader } from "../../src/runtime/project-reader.ts";
import { downloadSnapshot, missingBytes } from "../../src/runtime/weights/download.ts";
import { hubAccess } from "../../src/runtime/weights/hub-access.ts";
import type { Environment } from "../../src/runtime/weights/hub-cache.ts";
import { listSnapshot } from "../../src/runtime/weights/hub-listing.ts";
import type { Hub } from "../../src/runtime/weights/hub-request.ts";
import { REPOSITORY } from "../compiler/rig.ts";
import { etagOf, serveHub, type HubRepository, type HubServer } from "../rig/hub-server.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const TINY = join(REPOSITORY, "models/tiny/base");
const SHARDED = join(REPOSITORY, "test/fixtures/engine/llama3-untied-sharded");
const LARGE = 8192;
/** Bytes after which a download that is to be stopped is. */
const ENOUGH = 1_000_000;

function repositoryOf(folder = TINY, more: HubRepository["files"] = {}): HubRepository {
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  return { name: "org/tiny", commit: COMMIT, refs: ["main", "v1"], files: { ...files, ...more }, largeFrom: LARGE };
}

interface Rig {
  readonly server: HubServer;
  readonly env: Environment;
  readonly cache: string;
  readonly notes: string[];
  /** Resolves with the bytes of the listing. `stop` is aborted midway. */
  readonly download: (options?: { readonly revision?: string; readonly stop?: AbortController }) => Promise<number>;
}

async function rig(repository = repositoryOf(), more: Environment = {}): Promise<Rig> {
  const server = await serveHub(repository);
  const home = tempFolder();
  const env = { HF_ENDPOINT: `${server.endpoint}/`, HF_HOME: home, ...more };
  const notes: string[] = [];
  return {
    server,
    env,
    cache: join(home, "hub"),
    notes,
    async download({ revision = "main", stop: given } = {}) {
      const { signal } = given ?? new AbortController();
      const onPause = (reason: string): void => void notes.push(reason);
      const patience = { signal, pauseMs: 1, attempts: 3, onPause };
      const hub: Hub = {
        access: hubAccess(env),
        wanted: { repository: "org/tiny", revision },
        patience,
        silenceMs: 300,
      };
      const listing = await listSnapshot(hub);
      let bytes = 0;
      const count = (moved: number): void => {
        bytes += moved;
        if (bytes > ENOUGH) given?.abort();
      };
      await downloadSnapshot(listing, hub, env, count, () => undefined);
      expect(bytes).toBe(listing.files.reduce((sum, file) => sum + file.bytes, 0));
      expect(missingBytes(listing, "org/tiny", env)).toBe(0);
      return bytes;
    },
  };
}

const snapshotIn = (cache: string): string => join(cache, "models--org--tiny/snapshots", COMMIT);

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const found = failureOf(error);
  if (found === undefined) throw error instanceof Error ? error : new Error("did not fail");
  return `${found.kind}: ${found.message} ${found.hint}`;
}

test("a revision comes whole, and in the layout of the hub's own tools", async () => {
  const { download, cache, env, server } = await rig(repositoryOf(TINY, { "README.md": Buffer.from("# Tiny") }));
  await download();
  const names = readdirSync(TINY).toSorted();
  expect(readdirSync(snapshotIn(cache)).toSorted()).toEqual(names);
  for (const name of names) {
    const bytes = readFileSync(join(TINY, name));
    expect(readFileSync(join(snapshotIn(cache), name)).equals(bytes)).toBe(true);
    expect(readlinkSync(join(snapshotIn(cache), name))).toBe(`../../blobs/${etagOf(bytes, bytes.length >= LARGE)}`);
  }
  const folder = join(cache, "models--org--tiny");
  expect(readdirSync(folder).toSorted()).toEqual(["blobs", "refs", "snapshots"]);
  expect(readdirSync(join(folder, "blobs"))).toHaveLength(names.length);
  expect(readFileSync(join(folder, "refs/main"), "utf8")).toBe(COMMIT);
  const read = diskReader(env).weights({ kind: "hub", repository: "org/tiny", revision: "main" });
  expect(read).toMatchObject({ status: "ok", folder: snapshotIn(cache), layers: 8 });
  const asked = server.requests.length;
  await download();
  expect(server.requests.slice(asked).map(({ route }) => route)).toEqual(["info", "tree", "tree"]);
});

test("only what a model's folder needs: no pickles, no weights of other formats, no folders", async () => {
  const junk = Buffer.alloc(2 * LARGE, "x");
  const { download, cache } = await rig(
    repositoryOf(SHARDED, {
      "pytorch_model.bin": junk,
      "consolidated.safetensors": junk,
      "model.gguf": junk,
      "onnx/config.json": junk,
      "adapter_model.safetensors": junk,
      ".gitattributes": junk,
    }),
  );
  await download();
  expect(readdirSync(snapshotIn(cache)).toSorted()).toEqual(readdirSync(SHARDED).toSorted());
});

test("a tag, and a commit, which needs no ref", async () => {
  const { download, cache } = await rig();
  await download({ revision: COMMIT });
  expect(existsSync(join(cache, "models--org--tiny/refs"))).toBe(false);
  await download({ revision: "v1" });
  expect(readFileSync(join(cache, "models--org--tiny/refs/v1"), "utf8")).toBe(COMMIT);
});

test("files that another revision shares are not downloaded again", async () => {
  const { download, server, cache } = await rig();
  const path = join(cache, "models--org--tiny/blobs", etagOf(readFileSync(join(TINY, "model.safetensors")), true));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, readFileSync(join(TINY, "model.safetensors")));
  await download();
  expect(server.requests.filter(({ file }) => file === "model.safetensors")).toEqual([]);
});

test("a connection that is cut is taken up where it was", async () => {
  const { download, server, notes } = await rig();
  const size = readFileSync(join(TINY, "model.safetensors")).length;
  server.misbehave = ({ route, file }, count) =>
    route === "storage" && file === "model.safetensors" && count <= 4 ? { cutAfter: 1_000_000 } : undefined;
  await download();
  const weights = server.requests.filter(({ route, file }) => route === "storage" && file === "model.safetensors");
  expect(weights.length).toBeGreaterThan(3);
  expect(weights.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(size + 4 * 200_000);
  for (const { range } of weights.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(new Set(notes)).toEqual(new Set(["other side closed"]));
});

test("a connection that falls silent is taken for cut", async () => {
  const { download, server, notes } = await rig();
  server.misbehave = ({ route, file }, count) =>
    route === "storage" && file === "model.safetensors" && count === 1 ? { stopAfter: 500_000 } : undefined;
  await download();
  expect(notes).toEqual(["nothing came for 0.3 s"]);
});

test("429 is waited out for as long as it says, and 500 is asked again", async () => {
  const { download, server, notes } = await rig();
  server.misbehave = ({ route, file }, count) => {
    if (route === "info" && count === 1) return { status: 429, headers: { "retry-after": "1" } };
    if (route === "tree" && count === 1) return { status: 500 };
    if (route === "storage" && file === "model.safetensors" && count === 1) return { status: 503 };
    return undefined;
  };
  const began = performance.now();
  await download();
  expect(performance.now() - began).toBeGreaterThan(990);
  expect(notes).toEqual(["HTTP 429", "HTTP 500", "HTTP 503"]);
});

test("a server that does not know ranges sends everything again", async () => {
  const { download, server } = await rig();
  server.misbehave = ({ route, file }, count) => {
    if (route !== "storage" || file !== "model.safetensors") return undefined;
    return count === 1 ? { cutAfter: 1_000_000 } : { ignoreRange: true };
  };
  await download();
  const weights = server.requests.filter(({ route, file }) => route === "storage" && file === "model.safetensors");
  expect(weights.map(({ range }) => range === undefined)).toEqual([true, false]);
  expect(weights[1]?.sent).toBe(readFileSync(join(TINY, "model.safetensors")).length);
});

test("wrong bytes are asked for once more, and never kept", async () => {
  const { download, server, cache } = await rig();
  server.misbehave = ({ route, file }, count) =>
    route === "storage" && file === "model.safetensors" && count === 1 ? { wrongBytes: true } : undefined;
  await download();
  const again = await rig();
  again.server.misbehave = ({ file }) => (file === "model.safetensors" ? { wrongBytes: true } : undefined);
  expect(await failure(again.download())).toMatch(
    /^download-damaged: org\/tiny\/model\.safetensors came damaged, twice: its checksum is [0-9a-f]{64}, and the hub says [0-9a-f]{64}\. A proxy may change what is downloaded\. Try again, or another network\.$/,
  );
  const blob = readlinkSync(join(snapshotIn(cache), "model.safetensors")).slice("../../blobs/".length);
  const left = join(again.cache, "models--org--tiny/blobs");
  expect(existsSync(join(left, blob))).toBe(false);
  expect(statSync(join(left, `${blob}.steerform.incomplete`)).size).toBe(0);
  expect(existsSync(snapshotIn(again.cache))).toBe(false);
});

test("small files are held to git's checksum", async () => {
  const { download, server } = await rig();
  server.misbehave = ({ file }) => (file === "config.json" ? { wrongBytes: true } : undefined);
  expect(await failure(download())).toMatch(/^download-damaged: org\/tiny\/config\.json came damaged, twice/);
});

test("what an earlier run left that is no part of the file is not kept", async () => {
  const { download, cache } = await rig();
  const weights = readFileSync(join(TINY, "model.safetensors"));
  const blob = etagOf(weights, true);
  for (const left of [Buffer.alloc(1000, "x"), Buffer.alloc(10_000_000, "x")]) {
    const path = join(cache, `models--org--tiny/blobs/${blob}.steerform.incomplete`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, left);
    await download();
    expect(readFileSync(join(snapshotIn(cache), "model.safetensors")).equals(weights)).toBe(true);
    rmSync(join(cache, "models--org--tiny"), { recursive: true });
  }
});

test("the token goes to the hub, and not to where it sends us", async () => {
  const { download, server } = await rig(undefined, { HF_TOKEN: " hf_secret\n" });
  await download();
  const sentTo = (wanted: string) =>
    new Set(server.requests.flatMap(({ route, authorization }) => (route === wanted ? [authorization] : [])));
  for (const route of ["info", "tree", "resolve"]) expect(sentTo(route)).toEqual(new Set(["Bearer hf_secret"]));
  expect(sentTo("storage")).toEqual(new Set([undefined]));
});

test("the token is found where the hub's own tools find it", () => {
  const home = tempFolder();
  writeFileSync(join(home, "token"), "from-file\n");
  writeFileSync(join(home, "other"), "from-other");
  const tokens: [Environment, string | undefined][] = [
    [{ HF_HOME: home }, "from-file"],
    [{ HF_HOME: home, HF_TOKEN: "a" }, "a"],
    [{ HF_HOME: home, HUGGING_FACE_HUB_TOKEN: "b" }, "b"],
    [{ HF_HOME: home, HF_TOKEN: "", HF_TOKEN_PATH: join(home, "other") }, "from-other"],
    [{ HF_HOME: join(home, "nowhere") }, undefined],
  ];
  for (const [env, token] of tokens) expect(hubAccess(env).token).toBe(token);
  expect(hubAccess({ HF_HOME: home }).endpoint).toBe("https://huggingface.co");
});

test("what the hub refuses, and what to do", async () => {
  const gated = { status: 403, headers: { "x-error-code": "GatedRepo" } };
  const plain = await rig();
  const at = plain.server.endpoint;
  plain.server.misbehave = ({ route }) => (route === "resolve" ? gated : undefined);
  expect(await failure(plain.download())).toBe(
    `hub-refused: org/tiny is gated, and not open to somebody without a token (HTTP 403 from ${at}). Accept the model's licence at ${at}/org/tiny, and set HF_TOKEN to a token of that account.`,
  );
  const signed = await rig(undefined, { HF_TOKEN: "hf_secret" });
  signed.server.misbehave = ({ route }) => (route === "resolve" ? gated : undefined);
  const told = await failure(signed.download());
  expect(told).toContain("not open to this token (HTTP 403");
  expect(told).not.toContain("hf_secret");
  signed.server.misbehave = () => ({ status: 401 });
  expect(await failure(signed.download())).toContain(
    "hub-refused: There is no model org/tiny, or it is private (HTTP 401 from ",
  );
  plain.server.misbehave = () => ({ status: 404, headers: { "x-error-code": "RepoNotFound" } });
  expect(await failure(plain.download())).toContain(
    `There is no model org/tiny, or it is private (HTTP 404 from ${at}). Check the name. For a private model set HF_TOKEN.`,
  );
  plain.server.misbehave = () => undefined;
  expect(await failure(plain.download({ revision: "v9" }))).toBe(
    `hub-refused: org/tiny has no revision 'v9' (HTTP 404 from ${at}). Its branches and tags are at ${at}/org/tiny/tree/main.`,
  );
});

test("a hub that cannot be reached", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  await new Promise((done) => closed.close(done));
  const { download } = await rig(undefined, { HF_ENDPOINT: `http://127.0.0.1:${port}` });
  expect(await failure(download())).toBe(
    `hub-unreachable: org/tiny could not be downloaded from http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}. Check the network (and HF_ENDPOINT) and apply again: what has been downloaded is kept.`,
  );
  const down = await rig();
  down.server.misbehave = () => ({ status: 502 });
  expect(await failure(down.download())).toContain(": HTTP 502. Check the network");
  expect(down.notes).toEqual(["HTTP 502", "HTTP 502"]);
});

test("an endpoint that is no address", () => {
  for (const HF_ENDPOINT of ["huggingface.co", "file:///etc", "http://"]) {
    expect(() => hubAccess({ HF_ENDPOINT })).toThrow(`HF_ENDPOINT is '${HF_ENDPOINT}', which is no http address.`);
  }
});

test("an endpoint with a password is refused, and not repeated", () => {
  const told = (): unknown => hubAccess({ HF_ENDPOINT: "https://me:secret@mirror.example" });
  expect(told).toThrow(/^HF_ENDPOINT holds a user's name or password, which would be shown in messages\.$/);
});

test("a server that is no hub", async () => {
  const { download, server } = await rig();
  const at = server.endpoint;
  server.misbehave = ({ route }) => (route === "info" ? { json: { sha: "../../etc" } } : undefined);
  expect(await failure(download())).toBe(
    `hub-unreachable: The server at ${at} does not answer as the hub does: the commit of org/tiny is "../../etc". Check HF_ENDPOINT.`,
  );
  const entry = { type: "file", path: "config.json", size: 3, oid: "../../../evil" };
  server.misbehave = ({ route }) => (route === "tree" ? { json: [entry] } : undefined);
  expect(await failure(download())).toContain(': config.json has the checksum "../../../evil". Check');
  server.misbehave = ({ route }) => (route === "tree" ? { json: { error: "no list" } } : undefined);
  expect(await failure(download())).toContain("does not answer as the hub does: ");
});

test("a repository without safetensors, and one whose index names a shard that is not there", async () => {
  const { files } = repositoryOf();
  const { "model.safetensors": weights, ...others } = files;
  const pickled = await rig({ ...repositoryOf(), files: { ...others, "pytorch_model.bin": weights! } });
  expect(await failure(pickled.download())).toBe(
    "weights-missing: org/tiny at 'main' has no model.safetensors, nor an index of shards. pytorch_model.bin is not read, since it can run code. Many such models have safetensors at a revision refs/pr/<n>.",
  );
  const index = Buffer.from(JSON.stringify({ weight_map: { a: "model-1.safetensors" } }));
  const torn = await rig({ ...repositoryOf(), files: { ...others, "model.safetensors.index.json": index } });
  expect(await failure(torn.download())).toContain(
    "model.safetensors.index.json names model-1.safetensors, which is not in the repository",
  );
});

test("a model that the engine does not run is refused before its weights are downloaded", async () => {
  const config = Buffer.from('{"architectures": ["MambaForCausalLM"]}');
  const { download, server } = await rig(repositoryOf(TINY, { "config.json": config }));
  server.misbehave = ({ file }) => (file === "model.safetensors" ? { bytesPerSecond: 1_000_000 } : undefined);
  expect(await failure(download())).toMatch(
    /^unsupported-model: hf:\/\/org\/tiny\/config\.json: the architecture MambaForCausalLM is not one of those supported: /,
  );
});

test("a disk that has not the room is told before anything is downloaded", async () => {
  const { download, server, cache } = await rig();
  const files = ["config.json", "model.safetensors"].map((path) => ({ type: "file", path, size: 1e15, oid: COMMIT }));
  server.misbehave = ({ route }) => (route === "tree" ? { json: files } : undefined);
  expect(await failure(download())).toMatch(
    /^disk: The download needs 2000000\.0 GB, and the disk of \S+\/blobs has \d+\.\d GB left\. Free some space, or set HF_HOME/,
  );
  expect(readdirSync(join(cache, "models--org--tiny/blobs"))).toEqual([]);
  expect(server.requests.filter(({ route }) => route === "resolve")).toEqual([]);
});

test("stops when asked to, and keeps what has come", async () => {
  const { download, cache } = await rig();
  await expect(download({ stop: new AbortController() })).rejects.toThrow(Interrupted);
  const left = readdirSync(join(cache, "models--org--tiny/blobs")).filter((name) => name.endsWith(".incomplete"));
  expect(left).toHaveLength(1);
  expect(statSync(join(cache, "models--org--tiny/blobs", left[0]!)).size).toBeGreaterThan(ENOUGH / 2);
  expect(existsSync(join(cache, ".locks/models--org--tiny/steerform.lock"))).toBe(false);
});

test("two downloads at a time are one after the other", async () => {
  const { download, server } = await rig();
  server.misbehave = ({ route }) => (route === "storage" ? { bytesPerSecond: 20_000_000 } : undefined);
  await Promise.all([download(), download()]);
  const files = server.requests.filter(({ route }) => route === "storage").map(({ file }) => file);
  expect(new Set(files).size).toBe(files.length);
});
