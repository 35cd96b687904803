/**
 * A value, or the promise of one. What is known at once costs no promise: while an AsyncLocalStorage is in use each of
 * them costs Node 20 about as much as a claim in memory.
 */
export type Soon<T> = T | Promise<T>;

/** Must it be waited for? */
export const isLater = <T>(value: Soon<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

/** Goes on with the value: now if it is there. */
export function after<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return isLater(value) ? value.then(next) : next(value);
}

/** Always a promise, whether `work` throws, answers, or promises. */
export function promised<T>(work: () => Soon<T>): Promise<T> {
  try {
    const value = work();
    return isLater(value) ? value : Promise.resolve(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Tells `ended` what `work` came to, or that it came to nothing, and hands on its answer or its error. */
export function whenEnded<T>(work: () => Soon<T>, ended: (value?: T) => void): Soon<T> {
  const told = (value: T): T => {
    ended(value);
    return value;
  };
  const failed = (error: unknown): never => {
    ended();
    throw error;
  };
  let value: Soon<T>;
  try {
    value = work();
  } catch (error) {
    return failed(error);
  }
  return isLater(value) ? value.then(told, failed) : told(value);
}

/** Calls `failed` if `work` throws or its promise is rejected; the error goes on. */
export function whenFailed<T>(work: () => Soon<T>, failed: () => void): Soon<T> {
  const tell = (error: unknown): never => {
    failed();
    throw error;
  };
  try {
    const value = work();
    return isLater(value) ? value.then(undefined, tell) : value;
  } catch (error) {
    return tell(error);
  }
}
