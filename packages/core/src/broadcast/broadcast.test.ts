import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { FileSource, Payload } from "../call.js";
import { createGuard } from "../guard.js";
import { refusalResponse } from "../refusal.js";
import { type Answer, flood, GuardBench, ok, refused, TestFile } from "../testing/guard-bench.js";
import { type BroadcastApi, broadcast } from "./broadcast.js";
import type { BroadcastFailure } from "./options.js";

/** What a framework throws for an error that Telegram (or the guard) answered. */
class ApiError extends Error {
  constructor(
    readonly error_code: number,
    readonly description: string,
    readonly parameters?: object,
  ) {
    super(description);
  }
}

/** A framework's guarded api, as thin as can be, over a scripted Telegram. */
function apiOf(bench: GuardBench): BroadcastApi {
  const fileOf = (value: object): FileSource | undefined =>
    value instanceof TestFile ? value.source : undefined;
  const call = async (method: string, payload: Payload): Promise<unknown> => {
    const delivery = await bench.start(payload, { method });
    if (delivery.status === "sent" || delivery.status === "replayed") return delivery.result;
    if (delivery.status !== "failed") {
      const { error_code, description, parameters } = refusalResponse(delivery);
      throw new ApiError(error_code, description, parameters);
    }
    const { reply } = delivery;
    if (reply.type === "failure") throw reply.error;
    const body = reply.body as { error_code: number; description: string; parameters?: object };
    throw new ApiError(body.error_code, body.description, body.parameters);
  };
  return { guard: bench.guard, call, fileOf };
}

const people = (count: number): number[] => Array.from({ length: count }, (_, i) => 1000 + i);
const chatsOf = (bench: GuardBench) => bench.requests.map(({ payload }) => payload.chat_id);

/** What goes wrong for one chat, whenever it is asked. */
function telegramWhere(bench: GuardBench, odd: Record<number, Answer>, count = 200): void {
  const fallback = bench.after(0);
  const answer: Answer = (request) => {
    const one = odd[Number(request.payload.chat_id)] ?? fallback;
    return typeof one === "function" ? one(request) : one;
  };
  bench.answers(...Array.from({ length: count }, () => answer));
}

describe("a broadcast", () => {
  test("reaches everybody once, at the pace of the bulk rule", async () => {
    const bench = new GuardBench();
    const run = broadcast(apiOf(bench), people(500), "News", { id: "news" });
    const progress = await bench.clock.run(run);
    expect(progress).toMatchObject({ state: "done", done: 500, sent: 500, failed: 0, total: 500, leftMs: 0 });
    expect(new Set(chatsOf(bench)).size).toBe(500);
    expect(bench.requests).toHaveLength(500);
    // A burst of 25, then 25 a second.
    expect(bench.requests.at(-1)!.at).toBeCloseTo(19_000, -1);
  });

  test("run again under its id, in another process, sends nothing again, even with another text", async () => {
    const bench = new GuardBench();
    await bench.clock.run(broadcast(apiOf(bench), people(60), "Nwes", { id: "news" }));
    const later = bench.sibling();
    const progress = await later.clock.run(broadcast(apiOf(later), people(70), "News", { id: "news" }));
    expect(progress).toMatchObject({ done: 70, sent: 10, replayed: 60 });
    expect(bench.requests).toHaveLength(70);
    expect(bench.texts.slice(60)).toEqual(Array(10).fill("News"));
  });

  test("another id is another broadcast", async () => {
    const bench = new GuardBench();
    await bench.clock.run(broadcast(apiOf(bench), [1], "News", { id: "monday" }));
    await bench.clock.run(broadcast(apiOf(bench), [1], "News", { id: "tuesday" }));
    expect(bench.texts).toEqual(["News", "News"]);
  });

  test("two processes share one: each is served once, and it takes no longer than the rule says", async () => {
    const bench = new GuardBench();
    const other = bench.sibling();
    const runs = [bench, other].map((one) => broadcast(apiOf(one), people(300), "News", { id: "news" }));
    const [first, second] = await bench.clock.run(Promise.all(runs));
    expect(new Set(chatsOf(bench)).size).toBe(300);
    expect(bench.requests).toHaveLength(300);
    expect(first!.sent + second!.sent).toBe(300);
    expect(first!.done).toBe(300);
    expect(second!.done).toBe(300);
    expect(bench.requests.at(-1)!.at).toBeLessThan(11_500);
  });

  test("recipients may come from anywhere, one by one, and repeat themselves", async () => {
    const bench = new GuardBench();
    let open = true;
    async function* cursor() {
      try {
        for (const chat of [1, 2, 2, 3, 1]) yield { chat_id: chat, name: `user ${chat}` };
      } finally {
        open = false;
      }
    }
    const run = broadcast(apiOf(bench), cursor(), ({ name }) => `Hello, ${name}`, { id: "hello", total: 5 });
    expect(await bench.clock.run(run)).toMatchObject({ done: 5, sent: 3, replayed: 2, total: 5 });
    expect(bench.texts).toEqual(["Hello, user 1", "Hello, user 2", "Hello, user 3"]);
    expect(open).toBe(false);
  });

  test("who cannot be reached is reported and not tried again", async () => {
    const bench = new GuardBench();
    telegramWhere(bench, {
      1001: refused(403, "Forbidden: bot was blocked by the user"),
      1002: refused(403, "Forbidden: user is deactivated"),
      1003: refused(400, "Bad Request: chat not found"),
      1004: refused(400, "Bad Request: can't parse entities"),
    });
    const failures: BroadcastFailure[] = [];
    const run = broadcast(apiOf(bench), people(8), "News", {
      id: "news",
      onFailed: (one) => failures.push(one),
    });
    expect(await bench.clock.run(run)).toMatchObject({
      sent: 4,
      failed: 4,
      failures: { blocked: 1, deactivated: 1, not_found: 1, rejected: 1, unknown: 0 },
    });
    expect(failures.map(({ recipient, kind }) => [recipient, kind])).toEqual([
      [1001, "blocked"],
      [1002, "deactivated"],
      [1003, "not_found"],
      [1004, "rejected"],
    ]);
    expect(bench.requests).toHaveLength(8);
  });

  test("a group that became a supergroup is served there, once, and its new id is told", async () => {
    const bench = new GuardBench();
    const moved = refused(400, "Bad Request: group chat was upgraded to a supergroup chat");
    if (moved.type === "response") Object.assign(moved.body, { parameters: { migrate_to_chat_id: -1007 } });
    bench.answers(moved);
    const migrations: unknown[] = [];
    const onMigrated = (one: unknown) => migrations.push(one);
    const run = broadcast(apiOf(bench), [-7], "News", { id: "news", onMigrated });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 1, migrated: 1, failed: 0 });
    expect(chatsOf(bench)).toEqual([-7, -1007]);
    expect(migrations).toEqual([{ recipient: -7, to: -1007 }]);
  });

  test("an unknown outcome is reported and not repeated; a connection never made is tried again", async () => {
    const bench = new GuardBench();
    let tries = 0;
    telegramWhere(bench, {
      1001: { type: "failure", error: new Error("reset"), code: "ECONNRESET" },
      1002: (request) =>
        ++tries < 3
          ? { type: "failure", error: new Error("refused"), code: "ECONNREFUSED" }
          : ok({ message_id: request.messageId, date: 1, chat: { id: 1002, type: "private" } }),
    });
    const run = broadcast(apiOf(bench), people(4), "News", { id: "news" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 3, failures: { unknown: 1 } });
    expect(chatsOf(bench).filter((chat) => chat === 1001)).toHaveLength(1);
    expect(tries).toBe(3);
  });

  test("a flood is waited out by all, and each message still arrives once", async () => {
    const bench = new GuardBench();
    bench.answers(flood(30));
    const run = broadcast(apiOf(bench), people(40), "News", { id: "news" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 40, failed: 0 });
    expect(new Set(chatsOf(bench)).size).toBe(40);
    expect(bench.requests).toHaveLength(41);
  });

  test("a pause sends nothing more until it is resumed", async () => {
    const bench = new GuardBench();
    const run = broadcast(apiOf(bench), people(200), "News", { id: "news" });
    await bench.clock.advance(2_000);
    run.pause();
    await bench.clock.advance(10_000);
    const sent = bench.requests.length;
    expect(sent).toBeLessThan(140);
    expect(run.progress.state).toBe("paused");
    await bench.clock.advance(60_000);
    expect(bench.requests).toHaveLength(sent);
    run.resume();
    expect(await bench.clock.run(run)).toMatchObject({ state: "done", sent: 200 });
  });

  test("an abort ends it soon, gives turns back, and the rest is served by running it again", async () => {
    const bench = new GuardBench();
    const controller = new AbortController();
    const { signal } = controller;
    const run = broadcast(apiOf(bench), people(200), "News", { id: "news", signal });
    await bench.clock.advance(1_000);
    controller.abort();
    const progress = await bench.clock.run(run);
    expect(progress).toMatchObject({ state: "aborted", failed: 0 });
    expect(progress.sent).toBe(bench.requests.length);
    expect(progress.sent).toBeLessThan(60);
    const again = broadcast(apiOf(bench), people(200), "News", { id: "news" });
    expect(await bench.clock.run(again)).toMatchObject({ state: "done", done: 200, replayed: progress.sent });
    expect(new Set(chatsOf(bench)).size).toBe(200);
    expect(bench.requests).toHaveLength(200);
  });

  test("a refused token ends it with Telegram's own error", async () => {
    const bench = new GuardBench();
    telegramWhere(bench, { 1003: refused(401, "Unauthorized") });
    const run = broadcast(apiOf(bench), people(500), "News", { id: "news", concurrency: 4 });
    await expect(bench.clock.run(run)).rejects.toMatchObject({ error_code: 401 });
    expect(bench.requests.length).toBeLessThan(12);
  });

  test("a bug in the code around it is thrown, not tried again", async () => {
    const bench = new GuardBench();
    const call = async () => (undefined as unknown as { id: number }).id;
    const run = broadcast({ guard: bench.guard, call }, people(9), "News", { id: "news" });
    await expect(bench.clock.run(run)).rejects.toThrow(TypeError);
  });

  test("a list that breaks off ends it soon with that error, and the rest is served by running it again", async () => {
    const bench = new GuardBench();
    function* broken() {
      yield* people(70);
      throw new Error("cursor lost");
    }
    const run = broadcast(apiOf(bench), broken(), "News", { id: "news" });
    await expect(bench.clock.run(run)).rejects.toThrow("cursor lost");
    expect(run.progress.state).toBe("failed");
    const { sent } = run.progress;
    expect(sent).toBe(bench.requests.length);
    expect(sent).toBeLessThan(70);
    const again = broadcast(apiOf(bench), people(70), "News", { id: "news" });
    expect(await bench.clock.run(again)).toMatchObject({ done: 70, replayed: sent });
    expect(new Set(chatsOf(bench)).size).toBe(70);
    expect(bench.requests).toHaveLength(70);
  });

  test("one recipient for whom nothing can be written is reported, and the others are served", async () => {
    const bench = new GuardBench();
    const failures: BroadcastFailure<{ chat_id: number; name: string | null }>[] = [];
    const list = ["Ann", null, "Bob"].map((name, i) => ({ chat_id: 1000 + i, name }));
    const run = broadcast(apiOf(bench), list, async ({ name }) => `Dear ${name!.toUpperCase()}`, {
      id: "news",
      onFailed: (one) => failures.push(one),
    });
    expect(await bench.clock.run(run)).toMatchObject({ state: "done", sent: 2, failures: { invalid: 1 } });
    expect(bench.texts).toEqual(["Dear ANN", "Dear BOB"]);
    expect(failures).toMatchObject([{ recipient: list[1], kind: "invalid" }]);
    expect(failures[0]!.error).toBeInstanceOf(TypeError);
  });

  test("recipients that are no chats are reported, and the others are served", async () => {
    const bench = new GuardBench();
    const odd = [1, null, Number.NaN, "", { name: "no chat_id" }, 1.5, 0, 2n, 2] as unknown as number[];
    const run = broadcast(apiOf(bench), odd, "News", { id: "news" });
    expect(await bench.clock.run(run)).toMatchObject({ done: 9, sent: 2, failures: { invalid: 7 } });
    expect(chatsOf(bench)).toEqual([1, 2]);
  });

  test("a file that cannot be read ends a circular, and is one recipient's trouble where each has a file of his own", async () => {
    const bench = new GuardBench();
    const missing: Answer = {
      type: "failure",
      error: Object.assign(new Error("no such file"), { code: "ENOENT" }),
      code: "ENOENT",
    };
    bench.answers(missing);
    const circular = broadcast(apiOf(bench), people(3), { photo: "p" }, { id: "a", concurrency: 1 });
    await expect(bench.clock.run(circular)).rejects.toThrow("no such file");
    bench.answers(missing);
    const each = broadcast(apiOf(bench), people(3), () => ({ photo: "p" }), { id: "b", concurrency: 1 });
    expect(await bench.clock.run(each)).toMatchObject({ sent: 2, failures: { invalid: 1 } });
  });

  test("a callback is waited for, and what it throws ends the broadcast", async () => {
    const bench = new GuardBench();
    telegramWhere(bench, { 1001: refused(403, "Forbidden: bot was blocked by the user") });
    const stored: unknown[] = [];
    const store = async ({ recipient }: BroadcastFailure) => {
      await bench.clock.sleep(5_000);
      stored.push(recipient);
    };
    await bench.clock.run(broadcast(apiOf(bench), people(3), "News", { id: "a", onFailed: store }));
    expect(stored).toEqual([1001]);
    const broken = broadcast(apiOf(bench), people(3), "News", {
      id: "b",
      onFailed: () => Promise.reject(new Error("database away")),
    });
    await expect(bench.clock.run(broken)).rejects.toThrow("database away");
  });

  test("a guard that is closed ends it, what was begun is served, and another process goes on", async () => {
    const bench = new GuardBench();
    const other = bench.sibling();
    const run = broadcast(apiOf(bench), people(200), "News", { id: "news" });
    const ended = expect(run).rejects.toMatchObject({ parameters: { sendonce: { code: "closed" } } });
    await bench.clock.advance(1_000);
    await bench.clock.run(bench.guard.close());
    await bench.clock.run(ended);
    const { sent } = run.progress;
    expect(sent).toBe(bench.requests.length);
    expect(sent).toBeLessThan(110);
    const later = broadcast(apiOf(other), people(200), "News", { id: "news" });
    expect(await bench.clock.run(later)).toMatchObject({ done: 200, replayed: sent });
    expect(bench.requests).toHaveLength(200);
  });

  test("a guard that is closed ends one that is paused, or that rests after a failure, at once", async () => {
    for (const pause of [true, false]) {
      const bench = new GuardBench();
      bench.answers(...Array.from({ length: 40 }, () => refused(502, "Bad Gateway")));
      const run = broadcast(apiOf(bench), people(40), "News", { id: "news", concurrency: 4 });
      const ended = expect(run).rejects.toMatchObject({ parameters: { sendonce: { code: "closed" } } });
      await bench.clock.advance(100);
      if (pause) run.pause();
      await bench.guard.close();
      await ended;
      expect(bench.now).toBe(100);
      expect(run.progress).toMatchObject({ state: "failed", total: 40 });
      expect(bench.clock.pending).toBe(0);
    }
  });

  test("an error that is neither Telegram's nor the network's is thrown when it stays", async () => {
    const bench = new GuardBench();
    let tries = 0;
    const call = async () => {
      tries++;
      throw new Error("a plugin says no");
    };
    const run = broadcast({ guard: bench.guard, call }, [1], "News", { id: "news" });
    await expect(bench.clock.run(run)).rejects.toThrow("a plugin says no");
    expect(tries).toBe(3);
  });

  test("an error in a paused broadcast ends it", async () => {
    const bench = new GuardBench();
    telegramWhere(bench, { 1003: bench.after(3_000, refused(401, "Unauthorized")) });
    const run = broadcast(apiOf(bench), people(500), "News", { id: "news", concurrency: 4 });
    await bench.clock.advance(1_000);
    run.pause();
    await expect(bench.clock.run(run)).rejects.toMatchObject({ error_code: 401 });
    expect(run.progress.state).toBe("failed");
  });

  test("who comes from a slow source while it is paused waits; a source that hangs does not hold up an abort", async () => {
    const bench = new GuardBench();
    const asked: number[] = [];
    const slow: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked.push(bench.now);
          await bench.clock.sleep(asked.length < 3 ? 2_000 : 1e9);
          return { done: false, value: asked.length };
        },
        return: () => new Promise(() => {}),
      }),
    };
    const run = broadcast(apiOf(bench), slow, "News", { id: "news", concurrency: 1 });
    await bench.clock.advance(3_000);
    run.pause();
    await bench.clock.advance(60_000);
    expect(chatsOf(bench)).toEqual([1]);
    run.resume();
    await bench.clock.advance(1_000);
    expect(chatsOf(bench)).toEqual([1, 2]);
    run.abort();
    await bench.clock.advance(1);
    expect(await run).toMatchObject({ state: "aborted", sent: 2 });
  });

  test("a flood in the middle, and nobody is served twice or lost, in two processes", async () => {
    const bench = new GuardBench();
    bench.answers(...Array.from({ length: 100 }, () => bench.after(20)), flood(7), flood(7), flood(7));
    const other = bench.sibling();
    const runs = [bench, other].map((one) => broadcast(apiOf(one), people(300), "News", { id: "news" }));
    const [first, second] = await bench.clock.run(Promise.all(runs));
    expect(first!.failed + second!.failed).toBe(0);
    expect(first!.sent + second!.sent).toBe(300);
    expect(bench.requests).toHaveLength(303);
    expect(new Set(chatsOf(bench)).size).toBe(300);
  });

  test("it leaves no timer and no listener behind, and warns of none on the way", async () => {
    const bench = new GuardBench();
    const warnings: Error[] = [];
    const heard = (warning: Error) => warnings.push(warning);
    process.on("warning", heard);
    const { signal } = new AbortController();
    const run = broadcast(apiOf(bench), people(200), "News", { id: "news", signal });
    const following = (async () => {
      for await (const { done } of run) if (done > 100) break;
    })();
    await bench.clock.run(Promise.all([run, following]));
    await new Promise(setImmediate);
    process.off("warning", heard);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(bench.clock.pending).toBe(0);
  });

  test("its progress can be followed, and is an event each second", async () => {
    const bench = new GuardBench();
    const events: number[] = [];
    bench.guard.on("broadcast", ({ done }) => events.push(done));
    const run = broadcast(apiOf(bench), people(200), "News", { id: "news" });
    const seen: { done: number; leftMs: number | undefined }[] = [];
    const following = (async () => {
      for await (const { done, leftMs } of run) seen.push({ done, leftMs });
    })();
    await bench.clock.run(Promise.all([run, following]));
    expect(seen.at(-1)).toEqual({ done: 200, leftMs: 0 });
    expect(seen.length).toBeGreaterThan(20);
    const halfway = seen.find(({ done }) => done >= 100)!;
    expect(halfway.leftMs).toBeGreaterThan(2_000);
    expect(halfway.leftMs).toBeLessThan(6_000);
    expect(events.length).toBeGreaterThanOrEqual(7);
    expect(events.at(-1)).toBe(200);
  });

  // Work for some seconds, more where the machine is shared.
  test("100,000 recipients are served in constant memory, each once", { timeout: 120_000 }, async () => {
    const guard = createGuard({ limits: false, idempotency: { result: "none" } });
    const seen = new Uint8Array(100_000);
    const call = async (method: string, payload: Payload) => {
      const chat = Number(payload.chat_id);
      const send = async () => {
        seen[chat - 1]!++;
        return ok({ message_id: 1, date: 1, chat: { id: chat, type: "private" } });
      };
      await guard.run({ bot: "1", method, payload }, send);
    };
    let taken = 0;
    function* everybody() {
      while (taken < seen.length) yield ++taken;
    }
    let ahead = 0;
    guard.on("broadcast", ({ done }) => {
      ahead = Math.max(ahead, taken - done);
    });
    const run = broadcast({ guard, call }, everybody(), "News", { id: "news", total: seen.length });
    expect(await run).toMatchObject({ done: 100_000, failed: 0 });
    expect(seen.every((times) => times === 1)).toBe(true);
    // Never more recipients in hand than calls on their way.
    expect(ahead).toBeLessThanOrEqual(64);
  });

  test("without deduplication it is refused: nobody would know who has been served", async () => {
    for (const idempotency of [false, { methods: () => false }] as const) {
      const bench = new GuardBench({ idempotency });
      const run = broadcast(apiOf(bench), people(3), "News", { id: "news" });
      await expect(bench.clock.run(run)).rejects.toThrow(/deduplication/);
      expect(bench.requests).toEqual([]);
    }
  });

  test("a mistake in its options is named at once", () => {
    const bench = new GuardBench();
    expect(() => broadcast(apiOf(bench), [1], "x", { id: "" })).toThrow(/broadcast\(\{ id \}\)/);
    expect(() => broadcast(apiOf(bench), [1], "x", { id: "a", prority: "high" } as never)).toThrow(/prority/);
    expect(() => broadcast(apiOf(bench), [1], "x", { id: "a", total: -1 })).toThrow(/total/);
    expect(() => broadcast(apiOf(bench), 5 as never, "x", { id: "a" })).toThrow(/recipients/);
  });

  test("a message that names no method, or one that sends nothing, is refused by name", () => {
    const bench = new GuardBench();
    expect(() => broadcast(apiOf(bench), [1], { caption: "?" }, { id: "a" })).toThrow(/method/);
    const typing = { method: "sendChatAction", action: "typing" };
    expect(() => broadcast(apiOf(bench), [1], typing, { id: "a" })).toThrow(/sendChatAction is not known/);
    expect(() => broadcast(apiOf(bench), [1], undefined as never, { id: "a" })).toThrow(/message/);
  });
});

describe("files in a broadcast", () => {
  const photo = (data: string) => new TestFile({ kind: "bytes", data: Buffer.from(data) });
  const answer: Answer = ({ payload, messageId }) => {
    const file_id = typeof payload.photo === "string" ? payload.photo : `upload-${messageId}`;
    const chat = { id: Number(payload.chat_id), type: "private" };
    return ok({ message_id: messageId, date: 1, chat, photo: [{ file_id, width: 1, height: 1 }] });
  };
  const photosOf = (bench: GuardBench) => bench.requests.map((request) => request.payload.photo);

  test("equal files are uploaded once and then sent by their id", async () => {
    const bench = new GuardBench();
    bench.answers(...Array.from({ length: 50 }, () => answer));
    const run = broadcast(apiOf(bench), people(50), () => ({ photo: photo("a cat") }), { id: "cat" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 50 });
    const [first, ...rest] = photosOf(bench);
    expect(first).toBeInstanceOf(TestFile);
    expect(new Set(rest)).toEqual(new Set(["upload-1"]));
  });

  test("when the first upload fails the next one uploads", async () => {
    const bench = new GuardBench();
    bench.answers(
      refused(403, "Forbidden: bot was blocked by the user"),
      ...Array.from({ length: 9 }, () => answer),
    );
    const run = broadcast(apiOf(bench), people(10), { photo: photo("a cat") }, { id: "cat" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 9, failed: 1 });
    expect(photosOf(bench).filter((one) => one instanceof TestFile)).toHaveLength(2);
  });

  test("a stream is uploaded once and reaches everybody", async () => {
    const bench = new GuardBench();
    bench.answers(...Array.from({ length: 20 }, () => answer));
    const stream = new TestFile({ kind: "stream" });
    const run = broadcast(apiOf(bench), people(20), { photo: stream }, { id: "cat" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 20 });
    expect(photosOf(bench).filter((one) => one instanceof TestFile)).toHaveLength(1);
  });

  test("a broadcast that goes on in another process uploads nothing again", async () => {
    const bench = new GuardBench();
    bench.answers(...Array.from({ length: 50 }, () => answer));
    await bench.clock.run(broadcast(apiOf(bench), people(3), { photo: photo("a cat") }, { id: "cat" }));
    const later = bench.sibling();
    await later.clock.run(broadcast(apiOf(later), people(9), { photo: photo("a cat") }, { id: "cat" }));
    expect(photosOf(bench).filter((one) => one instanceof TestFile)).toHaveLength(1);
    expect(bench.requests).toHaveLength(9);
  });

  test("an album is learned as a whole, whatever stands beside its files", async () => {
    const bench = new GuardBench();
    const album: Answer = ({ payload, messageId }) => {
      const ids = (payload.media as { media: unknown }[]).map(({ media }, i) =>
        typeof media === "string" ? media : `upload-${messageId}-${i}`,
      );
      const chat = { id: Number(payload.chat_id), type: "private" };
      const photo = (file_id: string) => [{ file_id, width: 1, height: 1 }];
      return ok(ids.map((id, i) => ({ message_id: 2 * messageId + i, date: 1, chat, photo: photo(id) })));
    };
    bench.answers(...Array.from({ length: 20 }, () => album));
    const media = [
      { type: "photo", media: "known" },
      { type: "photo", media: photo("a cat"), thumbnail: photo("small") },
    ];
    const run = broadcast(apiOf(bench), people(20), { media }, { id: "cats" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 20 });
    const [, ...rest] = bench.requests.map(({ payload }) => payload.media);
    expect(rest).toEqual(
      Array(19).fill([
        { type: "photo", media: "known" },
        { type: "photo", media: "upload-1-1" },
      ]),
    );
  });

  test("where the answer tells no id each uploads for itself, and nobody waits for the other", async () => {
    const bench = new GuardBench();
    bench.answers(...Array.from({ length: 40 }, () => bench.after(1_000)));
    const run = broadcast(apiOf(bench), people(20), { photo: photo("a cat") }, { id: "cat" });
    expect(await bench.clock.run(run)).toMatchObject({ sent: 20 });
    expect(bench.now).toBeLessThan(3_000);
  });
});
