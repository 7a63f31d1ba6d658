import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { TaskRecord } from "../../src/domain/state.ts";
import { readState, StateStore, statePath } from "../../src/runtime/state.ts";

const folder = mkdtempSync(join(tmpdir(), "steerform-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = statePath(folder);
mkdirSync(dirname(path), { recursive: true });

function read(...lines: readonly unknown[]): TaskRecord[] {
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, `{"steerform_state":1,"lineage":"x"}\n${texts.map((text) => `${text}\n`).join("")}`);
  return [...readState(folder).records.values()];
}

/** Everything of a record, also what is only read when it is asked for. */
const whole = ({ id, fingerprint, digest, outputs, durationMs, finishedAt, toolVersion }: TaskRecord): unknown => ({
  id,
  fingerprint,
  digest,
  outputs,
  durationMs,
  finishedAt,
  toolVersion,
});

/** Keys and values that look like what lies between the parts of a record. */
const words = fc.oneof(
  fc.constantFrom("digest", '"', "\\", '},"digest":"', '{"done":{"id":"', "é", "🙂", "\u2028", "\n", "__proto__x", ""),
  fc.string({ maxLength: 6, unit: "binary" }),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, words, fc.integer(), fc.constant(null), tie("list"), tie("map")),
  list: fc.array(tie("value"), { maxLength: 3 }),
  map: fc.dictionary(words, tie("value"), { maxKeys: 4 }),
}));
const texts = fc.dictionary(words, words, { maxKeys: 3 });

const record = fc.record({
  id: fc.oneof(fc.constantFrom("steering/s/t/base/response_all/probe", "results"), words),
  fingerprint: fc.record({ kind: words, version: words, params: values.map, inputs: texts, upstream: texts }),
  digest: words,
  outputs: fc.array(fc.record({ path: words, sha256: words, bytes: fc.nat() }), { maxLength: 3 }),
  durationMs: fc.nat(),
  finishedAt: words,
  toolVersion: words,
});

/** The same with its fields in another order. */
const shuffled = fc.tuple(record, fc.infiniteStream(fc.nat())).map(([one, numbers]) => {
  const entries = Object.entries(one).map((entry) => ({ entry, at: numbers.next().value }));
  return Object.fromEntries(entries.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry));
});

test("property: every record is read as it was written, whatever is in it and in whatever order", () => {
  fc.assert(
    fc.property(fc.oneof(record, shuffled), (one) => {
      const line = { done: one };
      const [found] = read(line);
      const expected: unknown = JSON.parse(JSON.stringify(one));
      expect(whole(found as TaskRecord)).toEqual(expected);
      expect(JSON.stringify({ done: found })).toBe(JSON.stringify(line));
    }),
    { numRuns: 300 },
  );
});

const GOOD =
  '{"done":{"id":"a","fingerprint":{"kind":"k","version":"1","params":{},"inputs":{},"upstream":{}},"digest":"d",' +
  '"outputs":[{"path":"p","sha256":"s","bytes":1}],"durationMs":1,"finishedAt":"","toolVersion":""}}';

test("property: of a line with a piece cut out and something put in, there is a record or an error that names it", () => {
  const cut = fc.tuple(
    fc.nat(GOOD.length),
    fc.nat(40),
    fc.oneof(fc.constantFrom("", "{", "}", '"', ",", "null"), words),
  );
  fc.assert(
    fc.property(cut, ([at, length, insert]) => {
      const line = (GOOD.slice(0, at) + insert + GOOD.slice(at + length)).replaceAll("\n", "");
      try {
        for (const one of read(line)) expect([typeof one.id, typeof one.digest]).toEqual(["string", "string"]);
      } catch (error) {
        expect(String(error)).toContain(`${path}:2 is not a record of the state.`);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  "null",
  "[]",
  '{"done":null}',
  '{"done":{}}',
  GOOD.replace('"id":"a"', '"id":1'),
  GOOD.replace('"digest":"d"', '"digest":null'),
  GOOD.replace('[{"path":"p","sha256":"s","bytes":1}]', "{}"),
  GOOD.slice(0, -1),
  `${GOOD}}`,
  '{"forget":1}',
  '{"steerform_state":"1","lineage":"x"}',
])("%s is no line of a state", (line) => {
  expect(() => read(line)).toThrow(`${path}:2 is not a record of the state.`);
});

test("what is damaged within a record is told when it is asked for, not taken for something else", () => {
  const [one] = read(GOOD.replace('"params":{}', '"params":{]'));
  expect(one?.outputs).toEqual([{ path: "p", sha256: "s", bytes: 1 }]);
  expect(() => one?.fingerprint).toThrow(`${path}:2 is not a record of the state.`);
  const [other] = read(GOOD.replace('[{"path":"p","sha256":"s","bytes":1}]', "[null]"));
  expect(() => other?.outputs).toThrow(`${path}:2 is not a record of the state.`);
});

test("a fingerprint is not taken from a file that was rewritten meanwhile", () => {
  const [one] = read(GOOD);
  read(GOOD.replace('"digest":"d"', '"digest":"e"'));
  expect(() => one?.fingerprint).toThrow(`${path} was rewritten while it was read.`);
});

test("lines longer than what is read at once, after which one was cut short", () => {
  const lengths = [0, 600_000, 10, 600_000, 1_200_000, 3, 0, 500_000];
  const records = lengths.map((length, index) => {
    const text = (index % 2 === 0 ? "x" : "é").repeat(length);
    return GOOD.replace('"id":"a"', `"id":"${index}"`).replace('"params":{}', `"params":{"x":"${text}"}`);
  });
  writeFileSync(path, `{"steerform_state":1,"lineage":"x"}\n${records.join("\n")}\n${GOOD.slice(0, 40)}`);
  const found = [...readState(folder).records.values()];
  expect(found.map(({ fingerprint: { params } }) => (params["x"] as string).length)).toEqual(lengths);
  StateStore.open(folder).forget("3");
  expect([...readState(folder).records.keys()]).toEqual(["0", "1", "2", "4", "5", "6", "7"]);
});

test("what is rewritten is what was read", () => {
  const lines = Array.from({ length: 1200 }, (_, index) => GOOD.replace('"id":"a"', `"id":"${index % 3}"`));
  read(...lines);
  const store = StateStore.open(folder);
  expect([...store.records.values()].map(({ id, fingerprint }) => [id, fingerprint.kind])).toEqual([
    ["0", "k"],
    ["1", "k"],
    ["2", "k"],
  ]);
  expect(read(...lines)).toHaveLength(3);
});
