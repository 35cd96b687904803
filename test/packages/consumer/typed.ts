import {
  type DeliveryInfo,
  delivery,
  deliveryOf,
  install,
  reliability,
  withDelivery,
} from "@sendonce/grammy";
import { Api, Bot, type Context, type SessionFlavor, session } from "grammy";

interface Visits {
  count: number;
}
type MyContext = Context & SessionFlavor<Visits>;

async function main(apiRoot: string, chat: number): Promise<void> {
  const client = { apiRoot };
  const bot: Bot<MyContext> = install(new Bot<MyContext>("4242:consumer", { client }), {
    limits: "official",
  });
  bot.use(session({ initial: (): Visits => ({ count: 0 }) }));
  bot.command("start", (ctx) =>
    ctx.reply(`visit ${++ctx.session.count}`, { parse_mode: "HTML", ...delivery({ priority: "high" }) }),
  );

  const plain = new Bot<MyContext>("4243:consumer", { client });
  const sendonce = reliability({ idempotency: { ttlMs: 60_000 } });
  plain.api.config.use(sendonce);
  plain.use(sendonce.updates());
  const api: Api = install(new Api("4242:consumer", client));

  const send = () => withDelivery({ key: "typed" }, () => bot.api.sendMessage(chat, "from TypeScript"));
  const first = await send();
  const again = await send();
  const info: DeliveryInfo | undefined = deliveryOf(again);
  await sendonce.close();
  if (!info?.replayed || api.token !== bot.token) throw new Error("the second one was not replayed");
  console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
}

// @ts-expect-error an option that does not exist is refused by the compiler
export const misspelt = () => reliability({ limit: "official" });

const [apiRoot, chat] = process.argv.slice(2);
void main(apiRoot ?? "", Number(chat));
