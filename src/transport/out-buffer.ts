/** Bytes that all links of a process together have waiting to leave: many slow readers are as bad as one very slow one. */
export class OutBuffer {
  private readonly most: number;
  private waiting = 0;

  constructor(most: number) {
    this.most = most;
  }

  get isFull(): boolean {
    return this.waiting > this.most;
  }

  get bytes(): number {
    return this.waiting;
  }

  add(bytes: number): void {
    this.waiting += bytes;
  }

  remove(bytes: number): void {
    this.waiting -= bytes;
  }
}
