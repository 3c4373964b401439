const NOTHING: Uint8Array = Buffer.alloc(0);
/** From this length on a piece is kept as it came. Shorter ones are copied together: each by itself would take a hundred bytes and more. */
const KEPT_BYTES = 4 * 1024;
/** They are copied into pieces of memory that are the larger, the more has come. */
const FIRST_SLAB_BYTES = 256;
const LARGEST_SLAB_BYTES = 64 * 1024;

/** Gathers what comes in pieces of any length, in memory of about twice what has come, and copies long pieces but once. */
export class Pieces {
  /** As many as are long enough, as many again of short ones between them, and one for each slab. */
  private parts: Uint8Array[] = [];
  /** What is in it up to `begun` is among the parts; from there to `filled` it will be. */
  private slab = NOTHING;
  private begun = 0;
  private filled = 0;
  private gathered = 0;
  private taken = 0;

  /** What they take here, bytes. */
  get heldBytes(): number {
    return this.taken;
  }

  /** Bytes that have come. */
  get length(): number {
    return this.gathered;
  }

  /** The first to come, at least so many of them that stand together. */
  get first(): Uint8Array {
    return this.parts[0] ?? this.slab.subarray(0, this.filled);
  }

  add(piece: Uint8Array): void {
    if (isKept(piece)) {
      this.endPart();
      this.parts.push(piece);
      this.taken += piece.buffer.byteLength;
    } else this.copy(piece);
    this.gathered += piece.length;
  }

  /** All that has come and the last piece, in one; nothing is left here. */
  join(last: Uint8Array): Uint8Array {
    this.endPart();
    this.parts.push(last);
    const whole = Buffer.concat(this.parts, this.gathered + last.length);
    this.drop();
    return whole;
  }

  drop(): void {
    this.parts = [];
    this.slab = NOTHING;
    this.begun = 0;
    this.filled = 0;
    this.gathered = 0;
    this.taken = 0;
  }

  private copy(piece: Uint8Array): void {
    if (piece.length > this.slab.length - this.filled) this.takeSlab(piece.length);
    this.slab.set(piece, this.filled);
    this.filled += piece.length;
  }

  private takeSlab(bytes: number): void {
    this.endPart();
    this.slab = Buffer.allocUnsafe(Math.max(bytes, FIRST_SLAB_BYTES, Math.min(LARGEST_SLAB_BYTES, this.gathered)));
    this.taken += this.slab.length;
    this.begun = 0;
    this.filled = 0;
  }

  private endPart(): void {
    if (this.filled > this.begun) this.parts.push(this.slab.subarray(this.begun, this.filled));
    this.begun = this.filled;
  }
}

/** A small part of a large chunk is not worth that the whole of it is kept. */
function isKept(piece: Uint8Array): boolean {
  return piece.length >= KEPT_BYTES && 2 * piece.length >= piece.buffer.byteLength;
}
