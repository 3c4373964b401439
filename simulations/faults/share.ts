/**
 * Whether a host, or a pair of hosts, belongs to a part of the whole: by a hash, so that nothing is stored for each and the answer does
 * not depend on who was asked about before. The final mix of MurmurHash3 (Austin Appleby).
 */
export function isInShare(share: number, salt: number, a: number, b = 0): boolean {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77) ^ Math.imul(salt + 1, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 < share;
}
