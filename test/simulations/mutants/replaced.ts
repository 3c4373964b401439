/** Puts back what was there. */
export type Undo = () => void;

type Method<T> = (this: T, ...args: never[]) => unknown;
type Anything = (...args: unknown[]) => unknown;

/**
 * Replaces a method of all instances of a class, private ones too. @param by gives the new one, of an instance and the method as it was.
 */
export function replaced<T extends object>(
  of: abstract new (...args: never[]) => T,
  name: string,
  by: (self: T, before: Anything) => (...args: never[]) => unknown,
): Undo {
  const prototype = of.prototype as Record<string, unknown>;
  const before = prototype[name] as Anything | undefined;
  if (typeof before !== "function") throw new Error(`${of.name} has no method ${name} that could be broken`);
  prototype[name] = function (this: T, ...args: never[]) {
    return by(this, before)(...args);
  } satisfies Method<T>;
  return () => {
    prototype[name] = before;
  };
}

/** The same for a getter. */
export function replacedGetter<T extends object>(of: abstract new (...args: never[]) => T, name: string, by: (self: T) => unknown): Undo {
  const before = Object.getOwnPropertyDescriptor(of.prototype, name);
  if (before?.get === undefined) throw new Error(`${of.name} has no getter ${name} that could be broken`);
  Object.defineProperty(of.prototype, name, {
    ...before,
    get(this: T) {
      return by(this);
    },
  });
  return () => Object.defineProperty(of.prototype, name, before);
}
