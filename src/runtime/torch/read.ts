import type { StorageName } from "./items.ts";
import { TorchFileError, TorchStorage, type TorchValue } from "./tensor.ts";
import { unpickle } from "./unpickle.ts";
import { readZip, type Bytes, type ZipMember } from "./zip-reader.ts";

/** Far more than texts, token ids and names of tensors take. */
const MOST_PICKLE_BYTES = 2 ** 26;

/**
 * What torch.save wrote, without running what the file says. Of the numbers nothing is read before they are asked for,
 * which is when a damaged storage is found. Throws TorchFileError, whose message goes on from the file's name.
 */
export function readTorchFile(file: Bytes): TorchValue {
  const first = file.subarray(0, Math.min(2, file.length));
  if (first[0] === 0x80) {
    throw new TorchFileError("is in torch's format before 1.6, or a pickle: torch.save(torch.load(…)) writes it anew");
  }
  const members = readZip(file);
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) throw new TorchFileError("is a zip archive, but no torch file");
  const folder = pickle.slice(0, pickle.indexOf("/"));
  const memberOf = (name: string): ZipMember | undefined => members.get(`${folder}/${name}`);
  const order = memberOf("byteorder");
  if (order !== undefined && textOf(order) !== "little") throw new TorchFileError("is of a big-endian machine");

  const storages = new Map<string, TorchStorage>();
  const storageOf = ({ dtype, key, length }: StorageName): TorchStorage => {
    const quoted = JSON.stringify(key);
    const known = storages.get(key);
    if (known !== undefined && (known.dtype !== dtype || known.length !== length)) {
      throw new TorchFileError(`storage ${quoted} is read as two things`);
    }
    const member = memberOf(`data/${key}`);
    if (member === undefined) throw new TorchFileError(`has no storage ${quoted}`);
    const storage = known ?? new TorchStorage(dtype, length, member.pieces);
    if (storage.byteLength !== member.byteLength) {
      throw new TorchFileError(`storage ${quoted} has ${member.byteLength} bytes instead of ${storage.byteLength}`);
    }
    storages.set(key, storage);
    return storage;
  };
  return unpickle(wholeOf(memberOf("data.pkl") as ZipMember), storageOf);
}

function wholeOf({ byteLength, pieces }: ZipMember): Buffer {
  if (byteLength > MOST_PICKLE_BYTES)
    throw new TorchFileError(`has a data.pkl of ${byteLength} bytes, which is no description of tensors`);
  return Buffer.concat([...pieces()]);
}

function textOf(member: ZipMember): string {
  return wholeOf(member).toString();
}
