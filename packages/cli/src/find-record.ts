import type { RecordView } from "@sendonce/core";
import { recordKey } from "@sendonce/core/redis";
import { theBot } from "./bots.js";
import type { Context } from "./context.js";
import { exitCodes, Stop } from "./exit.js";
import { type RecordOptions, recordIds } from "./record-id.js";

/** A record where it was found. */
export interface FoundRecord {
  readonly bot: string;
  readonly id: string;
  readonly record: RecordView;
  /** For how long nobody has read or written it; undefined where this user may not ask. */
  readonly untouchedMs: number | undefined;
}

/** Looks a record up under each of its possible ids. @throws Stop when there is none */
export async function findRecord(
  context: Context,
  key: string | undefined,
  options: RecordOptions,
): Promise<FoundRecord> {
  const ids = recordIds(key, options);
  const bot = await theBot(context);
  for (const id of ids) {
    // Before it is read: reading is touching.
    const untouchedMs = await idleMs(context, recordKey(bot, id));
    const record = await context.session.store.inspect(bot, id);
    if (record !== undefined) {
      if (record.state in known) return { bot, id, record, untouchedMs };
      throw new Stop(
        exitCodes.problem,
        `the key of record ${id} holds a value that is not Sendonce's`,
        "sendonce sweep lists such values, and removes them with --yes",
      );
    }
  }
  throw new Stop(
    exitCodes.problem,
    `bot ${bot} has no record ${ids[0]}: it was never claimed, was freed because nothing was sent, or has expired`,
    'check the key and the bot; a message with such a key would be sent now. With a secret or onMismatch "send" the id differs: --secret-file, or take `key` from the log',
  );
}

async function idleMs({ session }: Context, key: string): Promise<number | undefined> {
  const seconds = await session.client.object("IDLETIME", key).catch(() => undefined);
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}

const known = { reserved: 1, sending: 1, ambiguous: 1, done: 1 };
