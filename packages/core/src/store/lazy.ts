import { slotsOf } from "../caps/slots-of.js";
import type {
  AdmitRequest,
  Board,
  FreezeRequest,
  RenewRequest,
  SettleRequest,
  Slots,
  StatsRequest,
  Store,
  StoreHealth,
} from "./port.js";

/**
 * A store that is loaded at its first use: adapters name the Redis store by its URL without loading a Redis
 * client into bots that need none.
 */
export class LazyStore implements Store {
  readonly name: string;
  readonly slots: Slots = {
    take: async (slot) => slotsOf(await this.#open()).take(slot),
    keep: async (slot) => slotsOf(await this.#open()).keep(slot),
    free: async (slot) => slotsOf(await this.#open()).free(slot),
  };
  readonly board: Board = {
    post: async (post) => (await (await this.#open()).board?.post(post)) ?? { listeners: 0, denied: false },
  };
  readonly #load: () => Promise<Store>;
  #store: Promise<Store> | undefined;
  #opened: Store | undefined;

  constructor(name: string, load: () => Promise<Store>) {
    this.name = name;
    this.#load = load;
  }

  /** Known from the first use on. */
  get connectedAtMs(): number | undefined {
    return this.#opened?.connectedAtMs;
  }

  get commandTimeoutMs(): number | undefined {
    return this.#opened?.commandTimeoutMs;
  }

  #open(): Promise<Store> {
    this.#store ??= this.#load().then((store) => {
      this.#opened = store;
      return store;
    });
    return this.#store;
  }

  async admit(request: AdmitRequest) {
    return (await this.#open()).admit(request);
  }

  async renew(request: RenewRequest) {
    return (await this.#open()).renew(request);
  }

  async settle(request: SettleRequest) {
    return (await this.#open()).settle(request);
  }

  async freeze(request: FreezeRequest) {
    return (await this.#open()).freeze(request);
  }

  async inspect(bot: string, record: string, nowUs?: number) {
    return (await this.#open()).inspect(bot, record, nowUs);
  }

  async stats(request: StatsRequest) {
    return (await this.#open()).stats(request);
  }

  async reset(bot: string, what: { records?: readonly string[]; rules?: readonly string[] }) {
    return (await this.#open()).reset(bot, what);
  }

  async sweep(nowUs?: number) {
    return (await this.#open()).sweep(nowUs);
  }

  async ping(): Promise<StoreHealth> {
    return (await this.#open()).ping();
  }

  async close() {
    if (this.#store) await (await this.#store).close();
  }
}

/** What of `@sendonce/core/redis` is needed to open a store. */
export interface RedisModule {
  redisStore(url: string): Store;
}

/**
 * The Redis store of a URL, loaded at its first use: an adapter that finds `REDIS_URL` loads no Redis client into
 * bots that have none.
 *
 * @param load `() => import("@sendonce/core/redis")`
 */
export function storeAt(url: string, load: () => Promise<RedisModule>): Store {
  return new LazyStore(publicName(url), async () => (await load()).redisStore(url));
}

/**
 * A Redis URL without user and password. A path that is no number of a database is left out: it may be the rest of a
 * password with a slash in it.
 */
export function publicName(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${/^\/\d+$/.test(pathname) ? pathname : ""}`;
}
