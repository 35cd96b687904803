import type { RedisStore } from "@sendonce/core/redis";
import type { AdmitRequest, RenewRequest, Store } from "@sendonce/grammy";

/** Events on the way of an admission, for a process that goes to sleep there. */
export interface Watched {
  /** Before the store is asked. */
  beforeAdmit?(): void;
  /** The question is on its way, its answer not read. */
  asked?(): void;
}

/** A store whose leases last `leaseMs`, so that a test need not sleep for half a minute. */
export function withLease(store: RedisStore, leaseMs: number, watched: Watched = {}): Store {
  const leaseUs = leaseMs * 1_000;
  const shortened = {
    admit(request: AdmitRequest) {
      watched.beforeAdmit?.();
      const answer = store.admit({ ...request, leaseUs, graceUs: leaseUs });
      // The script leaves in the next turns: the time that the server has is asked for first.
      if (watched.asked) setTimeout(watched.asked, 5);
      return answer;
    },
    renew: (request: RenewRequest) => store.renew({ ...request, leaseUs }),
  };
  return new Proxy(store as unknown as Store, {
    get(target, name: keyof Store) {
      if (name === "admit" || name === "renew") return shortened[name];
      const value = target[name];
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}
