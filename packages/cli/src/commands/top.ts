import { chargesToRead, type News, postedRulesKey, rulesFromText } from "@sendonce/core/redis";
import { createLogUpdate } from "log-update";
import { now, sleep } from "../clock.js";
import type { Context } from "../context.js";
import { exitCodes, wrongUse } from "../exit.js";
import { Feed } from "../live/feed.js";
import { frame } from "../live/frame.js";
import { keysOf } from "../live/keyboard.js";
import { untilStopped } from "../live/until-stopped.js";
import { type View, Watch } from "../live/watch.js";

/** How long to listen before a single frame is printed. */
export interface TopOptions {
  readonly once?: boolean;
  readonly for: number;
}

const everyMs = 1_000;
/** Bots whose tokens are read for each frame. */
const mostRead = 5;

/** What happens now, in a terminal, until q or Ctrl-C; or one frame of it. */
export async function top(context: Context, options: TopOptions): Promise<number> {
  const { session, screen, bot } = context;
  const live = !options.once && !screen.json;
  if (live && !(process.stdout.isTTY && process.stdin.isTTY))
    throw wrongUse("this is no terminal", "top --once prints one frame, top --once --json its numbers");
  const watch = new Watch(now());
  const ending = untilStopped();
  const feed = await Feed.open(session, bot, (news: News) => watch.hear(news, now()));
  try {
    if (live) await draw(context, watch, ending);
    else await once(context, watch, options.for * 1000, ending.signal);
    return exitCodes.fine;
  } finally {
    ending.stop();
    feed.close();
  }
}

async function once(context: Context, watch: Watch, ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, signal);
  const view = watch.view(now());
  const picture = await pictureOf(context, view);
  context.screen.show({ ...view, modes: Object.fromEntries(view.modes) }, () => picture);
}

async function draw(context: Context, watch: Watch, ending: ReturnType<typeof untilStopped>): Promise<void> {
  const show = createLogUpdate(process.stdout);
  const keyboard = keysOf(process.stdin, (key) => {
    if (key === "q" || key === "\u0003") ending.stop();
  });
  const again = () => void pictureOf(context, watch.view(now())).then(show, () => {});
  process.stdout.on("resize", again);
  try {
    while (!ending.signal.aborted) {
      show(await pictureOf(context, watch.view(now())));
      await sleep(everyMs, ending.signal);
    }
  } finally {
    process.stdout.off("resize", again);
    keyboard.release();
    show.done();
  }
}

async function pictureOf(context: Context, view: View): Promise<string> {
  const { session, screen } = context;
  const { columns = 80, rows = 24 } = process.stdout;
  const tokens = await tokensOf(context, view);
  return frame(view, { columns, rows, redis: session.target.name, now: now(), paint: screen.paint, tokens });
}

/** Free tokens of the bot-wide rule. A Redis that is away for a moment leaves the column empty. */
async function tokensOf({ session }: Context, { bots }: View): Promise<Map<string, string>> {
  const read = async (bot: string) => {
    const rules = rulesFromText(await session.client.get(postedRulesKey(bot)));
    const charges = rules ? chargesToRead(rules).filter(({ name }) => name === "global") : [];
    const [global] = await session.store.stats({ bot, rules: charges });
    const params = charges[0]?.params;
    return global && params?.kind === "bucket" ? `${global.remaining}/${params.capacity}` : undefined;
  };
  const found = new Map<string, string>();
  for (const { bot } of bots.slice(0, mostRead)) {
    const tokens = await read(bot).catch(() => undefined);
    if (tokens !== undefined) found.set(bot, tokens);
  }
  return found;
}
