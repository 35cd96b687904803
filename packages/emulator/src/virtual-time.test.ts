import { Api, InputFile } from "grammy";
import { beforeEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator } from "./index.js";
import { ManualClock, settled } from "./test/manual-clock.js";

let clock: ManualClock;
let emulator: Emulator;
let api: Api;
const GROUP = -1001234567890;

beforeEach(() => {
  clock = new ManualClock();
  emulator = createEmulator({ clock });
  api = new Api("42:secret", { fetch: emulator.fetch });
});

const outcome = (sending: Promise<unknown>) =>
  sending.then(
    () => "ok",
    (error) => error.parameters?.retry_after ?? error.name,
  );

describe("limits in virtual time", () => {
  it("40 unpaced sends to a group: exactly 20 accepted, then a retry_after that counts down", async () => {
    const outcomes: unknown[] = [];
    for (let n = 0; n < 40; n++) {
      outcomes.push(await outcome(api.sendMessage(GROUP, `${n}`, { message_thread_id: n % 3 })));
      await clock.advance(950);
    }
    expect(outcomes.slice(0, 20)).toEqual(Array(20).fill("ok"));
    expect(outcomes[20]).toBe(41);
    expect(outcomes.at(-1)).toBe(23);
    expect(emulator.ledger.duringFlood()).toHaveLength(19);
    expect(emulator.ledger.floods()[1]).toMatchObject({ limitedBy: "chat", floodOf: "chat", retryAfter: 41 });
    await clock.advance(23_000);
    expect(await outcome(api.sendMessage(GROUP, "after"))).toBe("ok");
  });

  it("a private chat: 20 at once, then one a second", async () => {
    for (let n = 0; n < 20; n++) expect(await outcome(api.sendMessage(7, `${n}`))).toBe("ok");
    expect(await outcome(api.sendMessage(7, "too many"))).toBe(1);
    await clock.advance(1000);
    expect(await outcome(api.sendMessage(7, "now"))).toBe("ok");
    expect(await outcome(api.sendMessage(7, "and again"))).toBe(1);
  });

  it("one bot: 36 at once over all chats, 66 in the first second and no more", async () => {
    let accepted = 0;
    for (let n = 0; n < 200; n++) {
      if ((await outcome(api.sendMessage(1000 + n, "news"))) === "ok") accepted++;
      await clock.advance(5);
    }
    expect(accepted).toBeGreaterThanOrEqual(65);
    expect(accepted).toBeLessThanOrEqual(66);
  });

  it("an album counts each of its items", async () => {
    emulator.setLimits({ group: { limit: 3, perMs: 60_000 } });
    const photo = (name: string) => ({ type: "photo" as const, media: new InputFile(Buffer.from(name)) });
    expect(await outcome(api.sendMediaGroup(GROUP, [photo("a"), photo("b")]))).toBe("ok");
    expect(await outcome(api.sendMediaGroup(GROUP, [photo("c"), photo("d")]))).toBe(60);
    expect(await outcome(api.sendMessage(GROUP, "one fits"))).toBe("ok");
  });

  it("edits count only when told to, and what is refused for its content costs nothing", async () => {
    emulator.setLimits({ chat: { capacity: 2, refillPerSecond: 1 } });
    const { message_id } = await api.sendMessage(7, "one");
    for (let n = 0; n < 5; n++) await api.editMessageText(7, message_id, `edit ${n}`);
    expect(await outcome(api.sendMessage(7, ""))).toBe("GrammyError");
    expect(await outcome(api.sendMessage(7, "two"))).toBe("ok");
    emulator.setLimits({ editsCount: true });
    expect(await outcome(api.editMessageText(7, message_id, "counted"))).toBe(1);
  });

  it("a short wait can be absorbed by a slow 200", async () => {
    emulator.setLimits({ chat: { capacity: 1, refillPerSecond: 1 }, absorbMs: 8000 });
    await api.sendMessage(7, "one");
    const second = api.sendMessage(7, "two");
    await clock.advance(999);
    expect(emulator.ledger.count()).toBe(1);
    await clock.advance(1);
    expect(await outcome(second)).toBe("ok");
  });
});

describe("faults in virtual time", () => {
  it("a cut is node-fetch's ECONNRESET, an abort its AbortError", async () => {
    emulator.fault({ kind: "cut-after" });
    await expect(api.sendMessage(7, "hello")).rejects.toMatchObject({
      error: { name: "FetchError", type: "system", code: "ECONNRESET" },
    });
    emulator.fault({ kind: "hang" });
    const giveUp = new AbortController();
    const sending = api.sendMessage(7, "hello", {}, giveUp.signal as never);
    await settled();
    giveUp.abort();
    await expect(sending).rejects.toMatchObject({ error: { name: "AbortError" } });
  });

  it("a slow message is sent at the end of its delay, also when the client has given up", async () => {
    emulator.fault({ kind: "slow", ms: 30_000 });
    const giveUp = new AbortController();
    const sending = outcome(api.sendMessage(7, "late", {}, giveUp.signal as never));
    await clock.advance(10_000);
    giveUp.abort();
    expect(await sending).toBe("HttpError");
    expect(emulator.ledger.count()).toBe(0);
    await clock.advance(20_000);
    expect(emulator.ledger.count({ text: "late" })).toBe(1);
  });

  it("faults strike by method and chat, in order, as often as told", async () => {
    const flood = emulator.fault({
      method: "SENDMESSAGE",
      chat: 8,
      kind: "429",
      retryAfter: 3,
      times: 2,
      after: 1,
    });
    expect(await outcome(api.sendMessage(7, "a"))).toBe("ok");
    expect(await outcome(api.sendMessage(8, "b"))).toBe("ok");
    expect(await outcome(api.sendMessage(8, "c"))).toBe(3);
    expect(await outcome(api.sendMessage(8, "d"))).toBe(3);
    expect(await outcome(api.sendMessage(8, "e"))).toBe("ok");
    expect(flood.hits).toBe(2);
    expect(emulator.ledger.duringFlood().map(({ chat }) => chat)).toEqual([8, 8]);
  });

  it("an enforced flood refuses the chat until it is over, counting down", async () => {
    emulator.fault({ kind: "429", retryAfter: 10, enforce: true });
    expect(await outcome(api.sendMessage(7, "a"))).toBe(10);
    await clock.advance(4000);
    expect(await outcome(api.sendMessage(7, "b"))).toBe(6);
    expect(await outcome(api.sendMessage(8, "elsewhere"))).toBe("ok");
    await clock.advance(6000);
    expect(await outcome(api.sendMessage(7, "c"))).toBe("ok");
  });

  it("an album may fail after some of it went out", async () => {
    emulator.fault({ kind: "partial", sent: 1 });
    const media = ["a", "b"].map((name) => ({
      type: "photo" as const,
      media: `https://example.org/${name}.jpg`,
    }));
    await expect(api.sendMediaGroup(7, media)).rejects.toThrow("failed to send message #2");
    expect(emulator.ledger.count()).toBe(1);
  });

  it("a restart cuts short what is in flight, and refuses connections if told to", async () => {
    emulator.fault({ kind: "slow", ms: 10_000, commit: "before" });
    const sending = outcome(api.sendMessage(7, "in flight"));
    await settled();
    emulator.restart({ ms: 2000, refuse: true });
    expect(await sending).toBe(5);
    expect(emulator.ledger.count()).toBe(1);
    await expect(api.sendMessage(7, "down")).rejects.toMatchObject({ error: { code: "ECONNREFUSED" } });
    await clock.advance(2000);
    expect(await outcome(api.sendMessage(7, "up"))).toBe("ok");
  });
});
