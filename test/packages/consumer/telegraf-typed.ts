import {
  type DeliveryInfo,
  delivery,
  deliveryOf,
  install,
  reliability,
  withDelivery,
} from "@sendonce/telegraf";
import { type Context, session, Telegraf, Telegram } from "telegraf";

interface MyContext extends Context {
  session?: { count: number };
}

async function main(apiRoot: string, chat: number): Promise<void> {
  const telegram = { apiRoot };
  const bot: Telegraf<MyContext> = install(new Telegraf<MyContext>("4242:consumer", { telegram }), {
    limits: "official",
  });
  bot.use(session({ defaultSession: () => ({ count: 0 }) }));
  bot.command("start", (ctx) =>
    ctx.reply(`visit ${ctx.session?.count}`, { parse_mode: "HTML", ...delivery({ priority: "high" }) }),
  );

  const plain = new Telegraf<MyContext>("4243:consumer", { telegram });
  const sendonce = reliability({ idempotency: { ttlMs: 60_000 } });
  plain.use(sendonce.updates());
  const bare: Telegram = install(new Telegram("4242:consumer", telegram));

  const text = "from Telegraf, TypeScript";
  const send = () => withDelivery({ key: "typed" }, () => bot.telegram.sendMessage(chat, text));
  const first = await send();
  const again = await send();
  const info: DeliveryInfo | undefined = deliveryOf(again);
  await sendonce.close();
  if (!info?.replayed || bare.token !== bot.telegram.token)
    throw new Error("the second one was not replayed");
  console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
}

// @ts-expect-error an option that does not exist is refused by the compiler
export const misspelt = () => reliability({ limit: "official" });

const [apiRoot, chat] = process.argv.slice(2);
void main(apiRoot ?? "", Number(chat));
