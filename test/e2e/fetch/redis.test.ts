import { createGuard, deliveryOf } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../../kit/redis/server.js";
import { telegram, textsOf } from "../../kit/telegram.js";
import { bodyOf, Caller, idOf } from "./caller.js";

/** Two processes, as far as Redis can tell: each with a connection, a guard and a fetch of its own. */
async function twoProcesses(): Promise<[Caller, Caller]> {
  const { url, botId } = await sharedRedis();
  const emulator = await telegram();
  const open = () => {
    const guard = createGuard({ store: redisStore(url, { redis: {} }), namespace: String(botId) });
    onTestFinished(() => guard.store.close());
    return new Caller(emulator, emulator.url, fetch, guard);
  };
  return [open(), open()];
}

const form = (boundary: string) => ({
  body: `--${boundary}\r\ncontent-disposition: form-data; name="chat_id"\r\n\r\n7\r\n--${boundary}\r\ncontent-disposition: form-data; name="document"; filename="a.txt"\r\n\r\nabc\r\n--${boundary}--\r\n`,
  headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
});

test("what one process has sent, the other is given the answer to", async () => {
  const [one, two] = await twoProcesses();
  const first = await idOf(one.say("hi"));
  const answer = await two.say("hi");
  expect([await idOf(answer.clone()), deliveryOf(answer)?.replayed]).toEqual([first, true]);
  const upload = (to: Caller, boundary: string) => {
    const { body, headers } = form(boundary);
    return to.post("sendDocument", body, { headers });
  };
  expect(await idOf(upload(one, "AAA"))).toBe(await idOf(upload(two, "BBB")));
  expect(one.emulator.ledger.received(7)).toHaveLength(2);
});

test("both at the same moment send one message", async () => {
  const [one, two] = await twoProcesses();
  const ids = await Promise.all([idOf(one.say("hi")), idOf(two.say("hi"))]);
  expect(ids[0]).toBe(ids[1]);
  expect(textsOf(one.emulator, 7)).toEqual(["hi"]);
});

test("what is unknown to one is not repeated by the other", async () => {
  const [one, two] = await twoProcesses();
  one.emulator.fault({ method: "sendMessage", kind: "cut-after" });
  await expect(one.say("paid!")).rejects.toThrow();
  expect((await bodyOf(two.say("paid!"))).parameters).toMatchObject({ sendonce: { code: "ambiguous" } });
  expect(textsOf(one.emulator, 7)).toEqual(["paid!"]);
});
