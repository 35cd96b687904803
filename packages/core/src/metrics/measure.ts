import type { Guard } from "../guard.js";
import type { EventName, GuardEvents, Listener } from "../observe/events.js";
import { BoundedNames, methodLabel } from "./labels.js";
import type { Add, Recorder } from "./recorder.js";

/** Bots that have labels of their own. */
const mostBots = 200;
/** More than a store has. */
const mostVerbs = 20;

type End = GuardEvents["sent"];

/** What a call of one method under one scope may add to. */
interface Kind {
  readonly sent: Add;
  readonly hit: Add;
  readonly miss: Add;
  readonly duplicate: Add;
  readonly ambiguous: Add;
}

const nothing: Add = () => {};

/** The series of one bot. */
class BotSeries {
  readonly #recorder: Recorder;
  readonly #bot: string;
  readonly #kinds = new Map<string, Map<string, Kind>>();

  constructor(recorder: Recorder, bot: string) {
    this.#recorder = recorder;
    this.#bot = bot;
    // There as 0 before they are more: a rate that begins at 1 has lost its first.
    for (const name of ["updatesDropped", "updatesUnfinished", "stars"] as const) this.counter(name);
    for (const outcome of ["rejected", "unsent", "unknown"]) this.counter("errors", { class: outcome });
    for (const rule of ["chat", "group", "global"]) {
      this.counter("floods", { rule });
      this.counter("frozen", { rule });
    }
    for (const code of ["rate_limited", "busy", "ambiguous", "store_unavailable"])
      this.counter("refusals", { code });
  }

  /** The way of every send: looked up, never put together. */
  kind({ method, scope }: End): Kind {
    const label = methodLabel(method);
    const scopes = this.#kinds.get(label) ?? new Map<string, Kind>();
    const known = scopes.get(scope);
    if (known) return known;
    const kind = this.#kind(label, scope);
    scopes.set(scope, kind);
    this.#kinds.set(label, scopes);
    return kind;
  }

  counter(name: Parameters<Recorder["counter"]>[0], labels: Record<string, string> = {}): Add {
    return this.#recorder.counter(name, { bot: this.#bot, ...labels });
  }

  /** Observes a wait; calls that did not wait are not in the histogram. */
  waited({ waitedMs, waitedFor: rule = "other" }: End): void {
    if (waitedMs > 0) this.#recorder.histogram("wait", { bot: this.#bot, rule })(waitedMs / 1000);
  }

  #kind(method: string, scope: string): Kind {
    const sent = this.counter("sent", { method });
    const ambiguous = this.counter("ambiguous", { method });
    if (scope === "none") return { sent, ambiguous, hit: nothing, miss: nothing, duplicate: nothing };
    return {
      sent,
      ambiguous,
      hit: this.counter("checks", { scope, result: "hit" }),
      miss: this.counter("checks", { scope, result: "miss" }),
      duplicate: this.counter("duplicates", { scope, method }),
    };
  }
}

/** Refusals that found the key in use. */
const foundInUse: ReadonlySet<string> = new Set(["busy", "ambiguous", "mismatch"]);

/** What {@link measure} answers. */
export interface Measuring {
  /** The bots that have been heard of, without those that share the label `"other"`. */
  readonly bots: readonly string[];
  /** Measures no more. */
  stop(): void;
}

/**
 * Counts what a guard does. The exporters' common half: they bring a {@link Recorder}, so that both worlds count
 * the same. Each call counts once, at its end; a call that shares its twin's failure made no request and is no
 * second error.
 */
export function measure(guard: Guard, recorder: Recorder): Measuring {
  const bots = new BoundedNames(mostBots, (bot) => new BotSeries(recorder, bot));
  const recordsDropped = recorder.counter("recordsDropped", {});
  const storeErrors = recorder.counter("errors", { class: "store" });
  const trips = new BoundedNames(mostVerbs, (verb) => recorder.histogram("storeTrip", { verb }));
  const stops: (() => void)[] = [];
  const on = <Name extends EventName>(name: Name, listener: Listener<Name>) =>
    stops.push(guard.on(name, listener));

  on("sent", (event) => {
    const bot = bots.of(event.bot);
    const kind = bot.kind(event);
    kind.sent(1);
    kind.miss(1);
    bot.waited(event);
  });
  on("replayed", (event) => {
    const bot = bots.of(event.bot);
    const kind = bot.kind(event);
    kind.hit(1);
    kind.duplicate(1);
    if (event.stars) bot.counter("stars")(event.stars);
    bot.waited(event);
  });
  on("failed", (event) => {
    const bot = bots.of(event.bot);
    const kind = bot.kind(event);
    bot.waited(event);
    if (event.attempts === 0) return kind.hit(1);
    kind.miss(1);
    bot.counter("errors", { class: event.outcome })(1);
    if (event.outcome === "unknown") kind.ambiguous(1);
  });
  on("refused", (event) => {
    const bot = bots.of(event.bot);
    bot.counter("refusals", { code: event.code })(1);
    if (foundInUse.has(event.code)) bot.kind(event).hit(1);
    bot.waited(event);
  });
  on("freeze", ({ bot, rule, frozenMs }) => {
    const series = bots.of(bot);
    series.counter("floods", { rule })(1);
    series.counter("frozen", { rule })(frozenMs / 1000);
  });
  on("unguarded", ({ bot, method }) => bots.of(bot).counter("unguarded", { method: methodLabel(method) })(1));
  on("updateDropped", ({ bot }) => bots.of(bot).counter("updatesDropped")(1));
  on("updateUnfinished", ({ bot }) => bots.of(bot).counter("updatesUnfinished")(1));
  on("dropped", ({ count }) => recordsDropped(count));
  on("storeError", () => storeErrors(1));
  on("storeTrip", ({ verb, ms }) => trips.of(verb)(ms / 1000));

  return {
    get bots() {
      return bots.names;
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
