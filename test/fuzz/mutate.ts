import type { Random } from "../support/random.ts";

/** Bytes that mean something to MsgPack, framing or TLS. */
const TELLING = [0x00, 0x16, 0x7f, 0x80, 0x8f, 0x90, 0xa0, 0xc0, 0xc1, 0xc4, 0xc6, 0xc9, 0xcf, 0xd3, 0xd9, 0xdb, 0xdd, 0xdf, 0xff];

/** A few changes to a few bytes: changed, dropped, doubled, cut off, joined to another. */
export function mutated(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let result: Uint8Array = Uint8Array.from(bytes);
  for (let changes = 1 + random.int(3); changes > 0; changes--) result = changedOnce(result, others, random);
  return result;
}

function changedOnce(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.int(bytes.length + 1);
  const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
  switch (random.int(6)) {
    case 0:
      if (at < bytes.length) bytes[at] = random.int(256);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.pick(TELLING);
      return bytes;
    case 2:
      return Uint8Array.from([...before, ...after.slice(1 + random.int(4))]);
    case 3:
      return Uint8Array.from([...before, ...before.slice(-random.int(20)), ...after]);
    case 4:
      return before;
    default:
      return Uint8Array.from([...before, ...random.pick(others).slice(random.int(30))]);
  }
}
