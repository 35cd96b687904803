import type { AdmitRequest, RuleCharge, Settlement, Store } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keys } from "../kit/redis/commands.js";
import { sharedRedis } from "../kit/redis/server.js";

/**
 * A network may carry a command out and lose its answer, carry it twice, or carry a copy long after. Each script is
 * run so in every state of the record; time stands still, and what Redis holds is compared byte by byte.
 */
const second = 1_000_000;
const lease = 30 * second;
const rule = { cost: 1, mode: "wait" } as const;
const group: RuleCharge = {
  ...rule,
  name: "group",
  key: "chat:-1",
  params: { kind: "window", limit: 2, periodUs: 60 * second, marginUs: 250_000 },
};
const global: RuleCharge = {
  ...rule,
  name: "global",
  key: "global",
  params: { kind: "bucket", capacity: 30, intervalUs: 33_334 },
};
const gates = [group, global].map((charge) => ({ ...charge, params: { kind: "gate" } as const }));

let store: Store;
let client: Redis;
beforeAll(async () => {
  const { server } = await sharedRedis();
  store = redisStore(server.url);
  client = server.connect();
});
afterAll(() => store.close());

/** One bot with one record, `r`, and a clock that only the test moves. */
class World {
  static #worlds = 0;
  readonly bot = `twice-${process.pid}-${World.#worlds++}`;
  now = Date.now() * 1000;

  admit(owner: string, more: Partial<AdmitRequest> = {}) {
    return store.admit({
      bot: this.bot,
      owner,
      attempt: 0,
      claim: { id: "r", mode: "send" },
      rules: [group, global],
      maxWaitUs: 600 * second,
      leaseUs: lease,
      graceUs: 10 * second,
      ttlUs: 1_800 * second,
      nowUs: this.now,
      ...more,
    });
  }

  settle(owner: string, as: Settlement, attempt = 0) {
    const result = as === "done" ? { result: "m7" } : {};
    return store.settle({ ...this.#whose(owner, attempt), as, ttlUs: 1_800 * second, ...result });
  }

  renew(owner: string) {
    return store.renew({ ...this.#whose(owner, 0), leaseUs: lease });
  }

  freeze(owner: string, more: { record?: undefined } = {}) {
    const times = { retryAfterUs: 5 * second, graceUs: 10 * second };
    return store.freeze({ ...this.#whose(owner, 0), frozen: 0, ...times, ...more });
  }

  /** Two other messages have taken the group's places. */
  async crowd() {
    for (const id of ["x", "y"]) await this.admit(id, { claim: { id, mode: "send" } });
  }

  async turnOf(owner: string) {
    const admission = await this.admit(owner);
    if (admission.status === "wait") this.now += admission.waitUs;
  }

  async retried(owner: string) {
    await this.admit(owner);
    await this.freeze(owner);
  }

  async resent(owner: string) {
    await this.retried(owner);
    this.now += 6 * second;
    await this.admit(owner, { attempt: 1 });
  }

  /** All that Redis holds of this bot. */
  async dump(): Promise<Record<string, string>> {
    const held: Record<string, string> = {};
    for (const key of await keys(client, `sendonce:{${this.bot}}:*`))
      held[key] = (await client.dumpBuffer(key))!.toString("hex");
    return held;
  }

  #whose(owner: string, attempt: number) {
    return { bot: this.bot, owner, attempt, record: "r", rules: [group, global], nowUs: this.now };
  }
}

/** What owner "a" may tell the store, always at attempt 0. */
const commands = {
  admit: (world: World) => world.admit("a"),
  "admit, impatient": (world: World) => world.admit("a", { maxWaitUs: 0 }),
  "admit, gates only": (world: World) => world.admit("a", { claim: undefined, rules: gates }),
  renew: (world: World) => world.renew("a"),
  "settle done": (world: World) => world.settle("a", "done"),
  "settle free": (world: World) => world.settle("a", "free"),
  "settle unsent": (world: World) => world.settle("a", "unsent"),
  "settle ambiguous": (world: World) => world.settle("a", "ambiguous"),
  freeze: (world: World) => world.freeze("a"),
  "freeze without a record": (world: World) => world.freeze("a", { record: undefined }),
} satisfies Record<string, (world: World) => Promise<unknown>>;
type Command = keyof typeof commands;

/** How the record came to where it stands. */
const states = {
  free: async () => {},
  "free, the group full": (world: World) => world.crowd(),
  "reserved, its turn ahead": async (world: World) => {
    await world.crowd();
    await world.admit("a");
  },
  "reserved, its turn come": async (world: World) => {
    await world.crowd();
    await world.turnOf("a");
  },
  sending: (world: World) => world.admit("a"),
  "sending, its lease over": async (world: World) => {
    await world.admit("a");
    world.now += lease;
  },
  ambiguous: async (world: World) => {
    await world.admit("a");
    await world.settle("a", "ambiguous");
  },
  done: async (world: World) => {
    await world.admit("a");
    await world.settle("a", "done");
  },
  "reserved again after a 429": (world: World) => world.retried("a"),
  "sending again after a 429": (world: World) => world.resent("a"),
  "reserved by another": async (world: World) => {
    await world.crowd();
    await world.admit("b");
  },
  "sending by another": (world: World) => world.admit("b"),
  "done by another": async (world: World) => {
    await world.admit("b");
    await world.settle("b", "done");
  },
} satisfies Record<string, (world: World) => Promise<unknown>>;
type State = keyof typeof states;

/** What is answered the first time and the second: one word where both are alike. */
const answers: Record<State, Record<Command, string>> = {
  free: say("go", "go", "false", "false", "false", "false", "lost"),
  "free, the group full": say("wait", "refused", "false", "false", "false", "false", "lost"),
  "reserved, its turn ahead": say(
    "wait",
    "refused",
    "true",
    "true false",
    "true false",
    "true false",
    "lost",
    "false",
  ),
  "reserved, its turn come": say(
    "go",
    "go",
    "true",
    "true false",
    "true false",
    "true false",
    "lost",
    "false",
  ),
  sending: say("go", "go", "true", "true false", "true false", "true false", "frozen", "true false"),
  "sending, its lease over": say(
    "ambiguous",
    "ambiguous",
    "false",
    "true false",
    "true false",
    "true false",
    "frozen",
    "true false",
  ),
  ambiguous: say(
    "ambiguous",
    "ambiguous",
    "false",
    "true false",
    "true false",
    "true false",
    "lost",
    "false",
  ),
  done: say("done", "done", "false", "false", "false", "false", "lost"),
  "reserved again after a 429": say("busy", "busy", "false", "false", "false", "false", "frozen"),
  "sending again after a 429": say("busy", "busy", "false", "false", "false", "false", "lost"),
  "reserved by another": say("busy", "busy", "false", "false", "false", "false", "lost"),
  "sending by another": say("busy", "busy", "false", "false", "false", "false", "lost"),
  "done by another": say("done", "done", "false", "false", "false", "false", "lost"),
};

function say(
  admit: string,
  impatient: string,
  renew: string,
  done: string,
  free: string,
  unsent: string,
  freeze: string,
  ambiguous = "false",
): Record<Command, string> {
  return {
    admit,
    "admit, impatient": impatient,
    "admit, gates only": "go",
    renew,
    "settle done": done,
    "settle free": free,
    "settle unsent": unsent,
    "settle ambiguous": ambiguous,
    freeze,
    "freeze without a record": "frozen",
  };
}

const names = <K extends string>(table: Record<K, unknown>): K[] => Object.keys(table) as K[];
const wordOf = (answer: unknown): string =>
  typeof answer === "object" ? (answer as { status: string }).status : String(answer);
const both = (words: string): string[] => (words.includes(" ") ? words.split(" ") : [words, words]);

describe.each(names(states))("record %s", (state) => {
  test.each(names(commands))("%s, run twice, changes nothing more", async (command) => {
    const world = new World();
    await states[state](world);
    const first = await commands[command](world);
    const after = await world.dump();
    const again = await commands[command](world);
    expect(await world.dump()).toEqual(after);
    expect([first, again].map(wordOf)).toEqual(expected(state, command));
    // An answer that was lost is given once more, to the microsecond.
    if (wordOf(first) === "wait" || wordOf(first) === "frozen") expect(again).toEqual(first);
  });
});

function expected(state: State, command: Command): string[] {
  // Gates ask about the freeze alone: it is on in one state.
  if (command === "admit, gates only" && state === "reserved again after a 429") return ["wait", "wait"];
  return both(answers[state][command]);
}

describe("a 429 is counted once", () => {
  test("a copy of the freeze that comes a second later moves no thaw", async () => {
    const world = new World();
    await world.admit("a");
    const first = await world.freeze("a");
    world.now += second;
    const before = await world.dump();
    const copy = await world.freeze("a");
    expect([first, copy]).toMatchObject([{ waitUs: 5 * second }, { waitUs: 4 * second }]);
    expect(await world.dump()).toEqual(before);
  });
});

/** The record has moved on; then a copy of what "a" said at attempt 0 comes in. */
const movedOn = {
  "its retry waits for the thaw": (world: World) => world.retried("a"),
  "its retry is under way": (world: World) => world.resent("a"),
  "its retry has been sent": async (world: World) => {
    await world.resent("a");
    await world.settle("a", "done", 1);
  },
  "its retry ended nobody knows how": async (world: World) => {
    await world.resent("a");
    await world.settle("a", "ambiguous", 1);
  },
  "it was refused, and another is sending": async (world: World) => {
    await world.admit("a");
    await world.settle("a", "free");
    await world.admit("b");
  },
  "it was given back, and another waits": async (world: World) => {
    await world.admit("a");
    await world.settle("a", "unsent");
    await world.crowd();
    await world.admit("b");
  },
  "its turn lapsed, and another has sent it": async (world: World) => {
    await world.crowd();
    await world.turnOf("a");
    world.now += 10 * second;
    await world.admit("b");
    await world.settle("b", "done");
  },
  "it is done": async (world: World) => {
    await world.admit("a");
    await world.settle("a", "done");
  },
  "it was refused, and nobody tried again": async (world: World) => {
    await world.admit("a");
    await world.settle("a", "free");
  },
} satisfies Record<string, (world: World) => Promise<unknown>>;

const lateCopies = {
  ...commands,
  /** A real admit carries the time until which its caller listens. */
  admit: (world: World) => world.admit("a", { deadlineUs: world.now - 1 }),
  "admit, impatient": (world: World) => world.admit("a", { deadlineUs: world.now - 1, maxWaitUs: 0 }),
};

describe.each(names(movedOn))("%s", (state) => {
  const late = names(lateCopies).filter((command) => command !== "freeze without a record");
  test.each(late)("a late copy of %s changes nothing", async (command) => {
    const world = new World();
    await movedOn[state](world);
    const before = await world.dump();
    await lateCopies[command](world);
    expect(await world.dump()).toEqual(before);
  });
});

test("an update is claimed once, and its own claim may be asked for again", async () => {
  const world = new World();
  const claim = { claim: { id: "update:1", mode: "update" as const }, rules: [] };
  expect(wordOf(await world.admit("a", claim))).toBe("go");
  const before = await world.dump();
  expect(wordOf(await world.admit("a", claim))).toBe("go");
  expect(wordOf(await world.admit("b", claim))).toBe("busy");
  expect(await world.dump()).toEqual(before);
});

test("reset counts what it found, once", async () => {
  const world = new World();
  await world.admit("a");
  const what = { records: ["r"], rules: [group.key, global.key] };
  expect(await store.reset(world.bot, what)).toBe(3);
  expect(await store.reset(world.bot, what)).toBe(0);
  expect(await world.dump()).toEqual({});
});

test("reading changes nothing", async () => {
  const world = new World();
  await world.retried("a");
  const before = await world.dump();
  await store.inspect(world.bot, "r", world.now);
  await store.stats({ bot: world.bot, rules: [group, global], nowUs: world.now });
  expect(await world.dump()).toEqual(before);
});
