/**
 * A cron job that posts to a channel by plain fetch, without any framework. It runs on two machines, Telegram's
 * answer is lost on its way, and people still read every headline once.
 *
 *     npx tsx examples/fetch-plain.ts
 */
import { delivery, deliveryOf, guardFetch } from "@sendonce/core";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { apiRoot, token, channel } = telegram;

// The one line that matters. All bots of a program may share it; what is no Bot API call goes by untouched.
const send = guardFetch(fetch);

/** Answers as the Bot API does, so that code which reads `ok` and `error_code` stays as it is. */
async function call(method: string, init: RequestInit): Promise<string> {
  const response = await send(`${apiRoot}/bot${token}/${method}`, { method: "POST", ...init });
  const body = (await response.json()) as { ok: boolean; description?: string };
  if (body.ok) return deliveryOf(response)?.replayed ? "had been sent" : "sent";
  return `${response.status} ${body.description?.split(";")[0]}`;
}

const post = (text: string, options = {}): Promise<string> =>
  call("sendMessage", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ chat_id: channel, text }),
    ...delivery(options),
  });

function photo(caption: string): Promise<string> {
  const body = new FormData();
  body.append("chat_id", String(channel));
  body.append("caption", caption);
  body.append("photo", new File(["the harbour, from above"], "harbour.jpg"));
  return call("sendPhoto", { body });
}

// Everything above is a job as you would write it. This is what happens to it:
for (const machine of ["machine 1", "machine 2"]) {
  console.log(`${machine}: news ${await post("The harbour is open.", { key: "news-1" })}`);
  console.log(`${machine}: photo ${await photo("Look!")}`);
}
telegram.losesAnswerTo("sendMessage");
await post("Storm tonight").catch(({ message }: Error) => console.log(`machine 1: ${message}`));
console.log(`machine 2: ${await post("Storm tonight")}`);

await send.close();
await telegram.close();

/* Prints:
machine 1: news sent
machine 1: photo sent
machine 2: news had been sent
machine 2: photo had been sent
machine 1: fetch failed
machine 2: 409 Conflict: sendonce: an earlier try of this very message had an unknown outcome, so it may have been received
    @harbour_news receives The harbour is open.
    @harbour_news receives [photo] Look!
    @harbour_news receives Storm tonight
*/
