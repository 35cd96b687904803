import * as grammy from "@sendonce/grammy";
import * as telegraf from "@sendonce/telegraf";
import { Bot, type Context } from "grammy";
import { Telegraf } from "telegraf";
import { expectTypeOf, test } from "vitest";

interface User {
  readonly chat_id: number;
  readonly name: string;
}
declare const users: AsyncIterable<User>;
type MyContext = Context & { session: { count: number } };

test("the recipients' type reaches the message and the callbacks, in both adapters", () => {
  const bots = { grammy: new Bot<MyContext>("1:x"), telegraf: new Telegraf("1:x") };
  const options = { id: "news" };
  grammy.broadcast(bots.grammy, users, ({ name }) => `Dear ${name}`, {
    ...options,
    onFailed: ({ recipient, kind }) => {
      expectTypeOf(recipient).toEqualTypeOf<User>();
      expectTypeOf(kind).toEqualTypeOf<grammy.FailureKind>();
    },
    onMigrated: ({ recipient }) => expectTypeOf(recipient).toEqualTypeOf<User>(),
  });
  telegraf.broadcast(bots.telegraf.telegram, users, async ({ name }) => ({ text: name }), {
    ...options,
    onFailed: ({ recipient }) => expectTypeOf(recipient).toEqualTypeOf<User>(),
  });
  grammy.broadcast(bots.grammy.api, [1, "@channel"], "News", options);
  // @ts-expect-error: no chat_id
  grammy.broadcast(bots.grammy, [{ name: "Ann" }], "News", options);
  // @ts-expect-error: a broadcast has a name
  telegraf.broadcast(bots.telegraf, [1], "News", {});
});

test("it is a promise, an iterator and a handle", () => {
  const run = grammy.broadcast(new Bot("1:x"), [1], "News", { id: "news" });
  expectTypeOf<Awaited<typeof run>>().toEqualTypeOf<grammy.BroadcastProgress>();
  expectTypeOf(run.pause).toEqualTypeOf<() => void>();
});
