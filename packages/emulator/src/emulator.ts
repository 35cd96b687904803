import { type Clock, systemClock } from "./clock.js";
import { createEnvironment, type Environment } from "./environment.js";
import { createApp } from "./http/app.js";
import { type EmulatorFetch, inProcessFetch } from "./http/in-process.js";
import type { Line } from "./http/line.js";
import { Listener } from "./http/listener.js";
import type { LimitsOption } from "./limits/numbers.js";
import type { BotOption } from "./world/bots.js";

/** How an emulator is made. */
export interface EmulatorOptions {
  /** Time for limits, polls, faults and redelivery. @default real time */
  clock?: Clock;
  /** Changes to Telegram's limits, rule by rule; `false` for none at all. */
  limits?: LimitsOption;
  /** The only bots there are, as tokens or with names. @default any token of the shape `<digits>:<secret>` */
  bots?: readonly (BotOption | string)[];
  /** A webhook handler silent for so long has failed, ms. @default 60_000 */
  webhookTimeoutMs?: number;
  /** Serves everything below this path, as a Bot API server behind a proxy: `/telegram`. @default "" */
  path?: string;
  /**
   * Like a server of your own that runs with `--local`: getFile answers absolute paths below this folder, and
   * `file:///` URLs are read from this machine's disk. @default as at api.telegram.org
   */
  localFiles?: string;
}

/** A local Telegram. */
export interface Emulator extends Environment {
  /** Opens a port on 127.0.0.1; 0 for any free one. */
  listen(port?: number): Promise<{ url: string }>;
  /** `http://127.0.0.1:<port>` and `path`, for `apiRoot`. @throws Error while it does not listen */
  readonly url: string;
  /** The same server without sockets, for `client: { fetch: emulator.fetch }`. */
  readonly fetch: EmulatorFetch;
  /** The test environment, `/bot<token>/test/<method>`: another Telegram, with its own bots, chats and ledger. */
  readonly test: Environment;
  /** Ends every poll, hang and delivery, and the port. */
  close(): Promise<void>;
}

/**
 * A local Telegram Bot API; no port is open before `listen`.
 * @throws RangeError on limits that let nothing through, or a path that does not begin with a slash
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { clock = systemClock, webhookTimeoutMs = 60_000, path = "", ...others } = options;
  if (!/^(\/[\w.~-]+)*$/.test(path))
    throw new RangeError('path must look like "/telegram", with no slash at its end');
  const production = createEnvironment({ ...others, clock, webhookTimeoutMs });
  const test = createEnvironment({ ...others, clock, webhookTimeoutMs });
  const app = createApp({ production, test }, path);
  const answer = (request: Request, line: Line) => app.fetch(request, { line });
  const listener = new Listener(answer);
  const refuse = (until: Promise<unknown>) => void listener.refuse(until);
  production.server.onRefuse = refuse;
  test.server.onRefuse = refuse;

  const urlOf = (root: string) => `${root}${path}`;
  const door: Omit<Emulator, keyof Environment> = {
    async listen(port = 0) {
      return { url: urlOf(await listener.open(port)) };
    },
    get url() {
      if (!listener.url) throw new Error("the emulator has no URL before listen()");
      return urlOf(listener.url);
    },
    fetch: inProcessFetch(answer),
    test: test.environment,
    async close() {
      production.close();
      test.close();
      await listener.close();
    },
  };
  // `url` must stay a getter, so the environment is put beside it and not the other way round
  return Object.assign(door, production.environment);
}
