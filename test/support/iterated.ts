/**
 * Elements of arrays, and of maps, that are read through an iterator meanwhile, copies among them: how much work it was, on any machine.
 */
export function iterated(task: () => void): number {
  let read = 0;
  const arrays = Array.prototype;
  const ofMaps = Object.getPrototypeOf(new Map().values());
  const [iterator, next] = [arrays[Symbol.iterator], ofMaps.next];
  arrays[Symbol.iterator] = function* <T>(this: T[]) {
    for (let n = 0; n < this.length; n++) {
      read += 1;
      yield this[n] as T;
    }
  } as typeof iterator;
  ofMaps.next = function (this: unknown) {
    read += 1;
    return next.call(this);
  };
  try {
    task();
  } finally {
    arrays[Symbol.iterator] = iterator;
    ofMaps.next = next;
  }
  return read;
}
