import { describe, expect, it } from "vitest";
import { delivery, withDelivery } from "./delivery-options.js";
import { ConfigurationError } from "./errors.js";
import { insideUpdate, openUpdate, outsideUpdate } from "./scope.js";
import { failed, GuardBench, refused, TestFile } from "./testing/guard-bench.js";

const inUpdate = <T>(id: number, fn: () => T): T => insideUpdate(openUpdate("1", id), fn);
const statusOf = ({ status }: { status: string }) => status;

describe("outside an update", () => {
  it("equal content goes out once until its time is over", async () => {
    const bench = new GuardBench({ limits: false, idempotency: { ttlMs: 60_000 } });
    const answers = [await bench.say("post"), await bench.say("post"), await bench.sibling().say("post")];
    expect(answers.map(statusOf)).toEqual(["sent", "replayed", "replayed"]);
    await bench.clock.advance(60_000);
    expect(statusOf(await bench.say("post"))).toBe("sent");
    expect(bench.requests).toHaveLength(2);
  });

  it("content differs by text, chat, method and bot", async () => {
    const bench = new GuardBench({ limits: false });
    await bench.say("a");
    await bench.say("b");
    await bench.say("a", 6);
    await bench.call({ chat_id: 5, text: "a" }, { method: "sendRichMessage" });
    expect(bench.requests).toHaveLength(4);
  });

  it("spelling a chat as number or string makes no difference", async () => {
    const bench = new GuardBench({ limits: false });
    await bench.say("a", 5);
    expect(statusOf(await bench.say("a", "5"))).toBe("replayed");
    await bench.say("a", "@News");
    expect(statusOf(await bench.say("a", "@news"))).toBe("replayed");
  });

  it("what a rejected or unsent call had claimed is free again", async () => {
    const bench = new GuardBench({ limits: false });
    bench.answers(refused(400), failed("ECONNREFUSED"));
    const answers = [await bench.say("a"), await bench.say("a"), await bench.say("a")];
    expect(answers.map(statusOf)).toEqual(["failed", "failed", "sent"]);
  });
});

describe("inside an update", () => {
  it("a handler that says the same three times sends three", async () => {
    const bench = new GuardBench();
    await inUpdate(7, async () => {
      for (let i = 0; i < 3; i++) expect(statusOf(await bench.say("ping"))).toBe("sent");
    });
    expect(bench.texts).toEqual(["ping", "ping", "ping"]);
  });

  it("so does one that says it three times at once", async () => {
    const bench = new GuardBench();
    const payload = { chat_id: 5, text: "ping" };
    await inUpdate(7, () => bench.clock.run(Promise.all([1, 2, 3].map(() => bench.start(payload)))));
    expect(bench.requests).toHaveLength(3);
  });

  it("an update that is handled again sends only what is missing", async () => {
    const bench = new GuardBench();
    await inUpdate(7, async () => {
      await bench.say("one");
      await bench.say("ping");
    });
    const other = bench.sibling();
    await inUpdate(7, async () => {
      const said = [await other.say("one"), await other.say("ping"), await other.say("ping")];
      expect(said.map(statusOf)).toEqual(["replayed", "replayed", "sent"]);
    });
    expect(bench.texts).toEqual(["one", "ping", "ping"]);
  });

  it("another update is another matter", async () => {
    const bench = new GuardBench();
    for (const id of [7, 8]) await inUpdate(id, () => bench.say("Unknown command"));
    expect(bench.requests).toHaveLength(2);
  });

  it("a repeat of a failed call meets its own record: freed, it goes out; unknown, it is refused", async () => {
    const bench = new GuardBench();
    bench.answers(refused(400), failed("ECONNRESET"));
    await inUpdate(7, async () => {
      await bench.say("a");
      expect(statusOf(await bench.say("a"))).toBe("failed");
      expect(statusOf(await bench.say("a"))).toBe("ambiguous");
    });
    expect(bench.requests).toHaveLength(2);
  });

  it("is remembered for updateTtlMs, and detached calls belong to it that long", async () => {
    const bench = new GuardBench({ idempotency: { ttlMs: 1_000, updateTtlMs: 60_000 } });
    const scope = openUpdate("1", 7);
    const say = () => insideUpdate(scope, () => bench.say("late"));
    expect((await say()).scope).toBe("update");
    await bench.clock.advance(59_000);
    expect((await say()).scope).toBe("update");
    expect(statusOf(await inUpdate(7, () => bench.sibling().say("late")))).toBe("replayed");
    await bench.clock.advance(2_000);
    expect((await say()).scope).toBe("content");
  });

  it("outsideUpdate leaves it", async () => {
    const bench = new GuardBench();
    const said = await inUpdate(7, () => outsideUpdate(() => bench.say("a")));
    expect(said.scope).toBe("content");
  });
});

describe("match: position", () => {
  const options = { idempotency: { match: "position" } } as const;

  it("recognises the n-th call of a method to a chat, whatever it says", async () => {
    const bench = new GuardBench(options);
    for (const time of ["12:00", "12:01"]) {
      await inUpdate(7, async () => {
        await bench.say(`It is ${time}`);
        await bench.say(`Still ${time}`);
        await bench.say(time, 6);
      });
    }
    expect(bench.texts).toEqual(["It is 12:00", "Still 12:00", "12:00"]);
  });

  it("cannot tell two calls in flight apart, and says so", async () => {
    const bench = new GuardBench(options);
    bench.answers(bench.after(1_000));
    await inUpdate(7, async () => {
      const first = bench.start({ chat_id: 5, text: "a" });
      await expect(bench.start({ chat_id: 5, text: "b" })).rejects.toThrow(ConfigurationError);
      await expect(bench.start({ chat_id: 5, text: "b" })).rejects.toThrow(/await the first|delivery\(/);
      expect(statusOf(await bench.clock.run(first))).toBe("sent");
      expect(statusOf(await bench.say("b"))).toBe("sent");
    });
  });
});

describe("a key of one's own", () => {
  const keyed = (text: string, more: object = {}) => ({
    chat_id: 5,
    text,
    ...delivery({ key: "k", ...more }),
  });

  it("makes equal what would differ by update, and is one per chat", async () => {
    const bench = new GuardBench();
    const first = await inUpdate(7, () => bench.call(keyed("Paid!")));
    expect([first.status, first.scope]).toEqual(["sent", "key"]);
    expect(statusOf(await inUpdate(8, () => bench.call(keyed("Paid!"))))).toBe("replayed");
    expect(statusOf(await bench.call({ ...keyed("Paid!"), chat_id: 6 }))).toBe("sent");
  });

  it("used for other content is a mismatch, in flight too, unless told to replay or send", async () => {
    const bench = new GuardBench({ limits: false });
    bench.answers(bench.after(1_000));
    const first = bench.start(keyed("one"));
    expect(statusOf(await bench.start(keyed("two")))).toBe("mismatch");
    await bench.clock.run(first);
    expect(statusOf(await bench.call(keyed("two")))).toBe("mismatch");
    expect(statusOf(await bench.sibling().call(keyed("two")))).toBe("mismatch");
    expect(statusOf(await bench.call(keyed("two", { onMismatch: "replay" })))).toBe("replayed");
    expect(statusOf(await bench.call(keyed("two", { onMismatch: "send" })))).toBe("sent");
    expect(statusOf(await bench.call(keyed("two", { onMismatch: "send" })))).toBe("replayed");
  });

  it("takes the option's default for mismatches", async () => {
    const bench = new GuardBench({ idempotency: { onMismatch: "replay" } });
    await bench.call(keyed("one"));
    expect(statusOf(await bench.call(keyed("two")))).toBe("replayed");
  });

  it("compares contents in flight only where both sides ask for it", async () => {
    const bench = new GuardBench({ limits: false });
    bench.answers(bench.after(1_000));
    const first = bench.start(keyed("one", { onMismatch: "replay" }));
    const second = bench.start(keyed("two"));
    expect((await bench.clock.run(Promise.all([first, second]))).map(statusOf)).toEqual(["sent", "replayed"]);
  });

  it("is kept as long as it says", async () => {
    const bench = new GuardBench({ limits: false });
    await bench.call(keyed("a", { ttlMs: 5_000 }));
    await bench.clock.advance(4_999);
    expect(statusOf(await bench.call(keyed("a", { ttlMs: 5_000 })))).toBe("replayed");
    await bench.clock.advance(1);
    expect(statusOf(await bench.call(keyed("a", { ttlMs: 5_000 })))).toBe("sent");
  });
});

describe("withDelivery", () => {
  it("is a scope like an update: repeats count, a second run replays", async () => {
    const bench = new GuardBench({ limits: false });
    const post = () =>
      withDelivery({ key: "post" }, async () => [
        await bench.say("a"),
        await bench.say("a"),
        await bench.say("b", 6),
      ]);
    expect((await post()).map(statusOf)).toEqual(["sent", "sent", "sent"]);
    expect((await post()).map(statusOf)).toEqual(["replayed", "replayed", "replayed"]);
  });

  it("nested, the inner key is the scope, and a call's own key beats both", async () => {
    const bench = new GuardBench({ limits: false });
    const scopes = await withDelivery({ key: "outer" }, async () => {
      const inner = await withDelivery({ key: "inner" }, () => bench.say("a"));
      const again = await withDelivery({ key: "inner" }, () => bench.say("a"));
      const own = await bench.call({ chat_id: 5, text: "a", ...delivery({ key: "k" }) });
      return [inner, again, await bench.say("a"), own].map(({ scope, status }) => `${scope} ${status}`);
    });
    expect(scopes).toEqual(["delivery sent", "delivery replayed", "delivery sent", "key sent"]);
  });

  it("goes before the update that it stands in", async () => {
    const bench = new GuardBench();
    const say = (id: number) => inUpdate(id, () => withDelivery({ key: "k" }, () => bench.say("a")));
    expect((await say(7)).status).toBe("sent");
    expect((await say(8)).status).toBe("replayed");
  });
});

describe("secrets", () => {
  const secret = (...secrets: string[]) => ({ limits: false, idempotency: { secret: secrets } }) as const;

  it("change every key, and hide the content that a hash alone would give away", async () => {
    const plain = await new GuardBench({ limits: false }).say("a");
    const sealed = await new GuardBench(secret("s")).say("a");
    expect(sealed.key).not.toBe(plain.key);
  });

  it("rotate: what an older secret filed is found", async () => {
    const old = new GuardBench(secret("old"));
    await old.say("a");
    await old.call({ chat_id: 5, text: "k", ...delivery({ key: "k" }) });
    await inUpdate(7, () => old.say("u"));
    const bench = old.sibling(secret("new", "old"));
    const answers = [
      await bench.say("a"),
      await bench.call({ chat_id: 5, text: "k", ...delivery({ key: "k" }) }),
      await inUpdate(7, () => bench.say("u")),
      await bench.say("b"),
    ];
    expect(answers.map(statusOf)).toEqual(["replayed", "replayed", "replayed", "sent"]);
  });
});

describe("what is not deduplicated", () => {
  it("idempotency: false keeps the limits and nothing else", async () => {
    const bench = new GuardBench({ idempotency: false });
    const answers = [await bench.say("a"), await bench.say("a")];
    expect(answers.map(({ status, scope, key }) => [status, scope, key])).toEqual([
      ["sent", "none", undefined],
      ["sent", "none", undefined],
    ]);
    expect(bench.events.unguarded).toBeUndefined();
  });

  it("methods that the option leaves out", async () => {
    const bench = new GuardBench({ idempotency: { methods: (method) => method !== "sendDice" } });
    for (const method of ["sendDice", "sendDice", "sendMessage", "sendMessage"]) {
      await bench.call({ chat_id: 5, text: "a" }, { method });
    }
    expect(bench.requests.map(({ method }) => method)).toEqual(["sendDice", "sendDice", "sendMessage"]);
  });

  it("streams outside a scope: sent once each, never again after a flood, with an event", async () => {
    const bench = new GuardBench({ limits: false });
    const photo = () => ({ chat_id: 5, photo: new TestFile({ kind: "stream" }) });
    await bench.call(photo(), { method: "sendPhoto" });
    bench.answers(refused(429, "slow", 2));
    const flooded = await bench.call(photo(), { method: "sendPhoto" });
    expect([flooded.status, flooded.attempts]).toEqual(["failed", 1]);
    expect(bench.requests).toHaveLength(2);
    expect(bench.events.unguarded).toHaveLength(2);
  });

  it("streams inside an update go by position", async () => {
    const bench = new GuardBench();
    const send = () =>
      inUpdate(7, () =>
        bench.call({ chat_id: 5, photo: new TestFile({ kind: "stream" }) }, { method: "sendPhoto" }),
      );
    expect((await send()).status).toBe("sent");
    expect((await send()).status).toBe("replayed");
  });

  it("streams under a key are recognised by the key", async () => {
    const bench = new GuardBench({ limits: false });
    const send = () =>
      bench.call(
        { chat_id: 5, photo: new TestFile({ kind: "stream" }), ...delivery({ key: "k" }) },
        { method: "sendPhoto" },
      );
    expect([(await send()).status, (await send()).status]).toEqual(["sent", "replayed"]);
  });
});

it("files are recognised by what is in them", async () => {
  const bench = new GuardBench({ limits: false });
  const send = (byte: number) =>
    bench.call(
      { chat_id: 5, photo: new TestFile({ kind: "bytes", data: Uint8Array.of(byte) }) },
      { method: "sendPhoto" },
    );
  expect([await send(1), await send(1), await send(2)].map(statusOf)).toEqual(["sent", "replayed", "sent"]);
});
