/** A shared library that nobody can run: the parts of an ELF-64 file that say what it needs, and its constants. */
export function elfLibrary(needed: readonly string[], constants: string, runPath?: string): Buffer {
  const texts: string[] = [""];
  const offsetOf = (text: string): number => {
    texts.push(text);
    return Buffer.byteLength(texts.slice(0, -1).join("\0")) + 1;
  };
  const tags: [number, number][] = needed.map((name) => [1, offsetOf(name)]);
  if (runPath !== undefined) tags.push([29, offsetOf(runPath)]);
  const strings = Buffer.from(`${texts.join("\0")}\0`, "latin1");
  const names = Buffer.from("\0.rodata\0.shstrtab\0", "latin1");
  const rodata = Buffer.from(constants, "latin1");

  const stringsAt = 64 + 2 * 56;
  const namesAt = stringsAt + strings.length;
  const rodataAt = namesAt + names.length;
  const dynamicAt = rodataAt + rodata.length;
  const dynamic = words(...tags.flat(), 5, stringsAt, 10, strings.length, 0, 0);
  const sectionsAt = dynamicAt + dynamic.length;
  const length = sectionsAt + 3 * 64;

  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(BigInt(sectionsAt), 40);
  for (const [offset, value] of [
    [54, 56],
    [56, 2],
    [58, 64],
    [60, 3],
    [62, 2],
  ] as const) {
    header.writeUInt16LE(value, offset);
  }
  return Buffer.concat([
    header,
    segment(1, 0, length),
    segment(2, dynamicAt, dynamic.length),
    strings,
    names,
    rodata,
    dynamic,
    Buffer.alloc(64),
    section(1, rodataAt, rodata.length),
    section(9, namesAt, names.length),
  ]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  return bytes;
}

function segment(type: number, offset: number, size: number): Buffer {
  return words(type, offset, offset, offset, size, size, 0);
}

function section(name: number, offset: number, size: number): Buffer {
  return words(name, 0, 0, offset, size, 0, 0, 0);
}
