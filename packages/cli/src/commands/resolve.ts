import type { Context } from "../context.js";
import { exitCodes, Stop, wrongUse } from "../exit.js";
import { findRecord } from "../find-record.js";
import type { RecordOptions } from "../record-id.js";
import { serverTimeUs } from "../server-time.js";

/** What somebody has found out who looked at the chat. */
export interface ResolveOptions extends RecordOptions {
  readonly sent?: boolean;
  readonly notSent?: boolean;
}

/** Ends the doubt about an ambiguous record, in the name of its own owner. */
export async function resolve(
  context: Context,
  key: string | undefined,
  options: ResolveOptions,
): Promise<number> {
  const { sent = false, notSent = false } = options;
  if (sent === notSent)
    throw wrongUse(
      "what became of the message is not said",
      "look at the chat, then give --sent or --not-sent",
    );
  const { bot, id, record } = await findRecord(context, key, options);
  if (record.state !== "ambiguous")
    throw new Stop(
      exitCodes.problem,
      `record ${id} is ${record.state}, not ambiguous: there is nothing to resolve`,
      record.state === "done"
        ? "to let it be sent again: sendonce reset --key"
        : "wait until its owner is done with it, then look again",
    );
  const { session, screen } = context;
  const nowUs = await serverTimeUs(session);
  const settled = await session.store.settle({
    bot,
    record: id,
    owner: record.owner ?? "",
    attempt: record.attempt ?? 0,
    as: sent ? "done" : "free",
    ttlUs: Math.max(1_000_000, Math.round(record.expiresUs - nowUs)),
    rules: [],
  });
  if (!settled)
    throw new Stop(
      exitCodes.problem,
      `record ${id} was settled by its owner in the meantime`,
      "look again: sendonce inspect",
    );
  const says = sent
    ? `${id} counts as sent: a call with this key is answered without sending`
    : `${id} is free: the next call with this key sends`;
  screen.show({ bot, key: id, resolved: sent ? "sent" : "not-sent" }, () => says);
  return exitCodes.fine;
}
