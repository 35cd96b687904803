/**
 * How redis-semaphore is used here: one look, no waiting, nothing in the background, where a failing refresh would be an
 * unhandled rejection.
 */
export const once = {
  acquireAttemptsLimit: 1,
  acquireTimeout: 60_000,
  retryInterval: 0,
  refreshInterval: 0,
} as const;

/** What is held was taken by another object of the library's. */
export const held = { acquiredExternally: true } as const;
