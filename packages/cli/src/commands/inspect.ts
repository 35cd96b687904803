import type { Context } from "../context.js";
import { exitCodes } from "../exit.js";
import { type FoundRecord, findRecord } from "../find-record.js";
import type { RecordOptions } from "../record-id.js";
import { serverTimeUs } from "../server-time.js";
import { bytes, moment, span } from "../spans.js";
import { listed } from "../tabular.js";

/** What each state means for the next call with this key. */
const meanings = {
  reserved: "its owner waits for its turn and has sent nothing; others with this key wait for it",
  sending: "its request is on the way; others with this key wait for it",
  ambiguous:
    "nobody knows whether Telegram got it: refused with 409, not repeated. Look at the chat, then: sendonce resolve",
  done: "Telegram has it; another call with this key is answered from here",
} as const;

/** The life of one record, without text. */
export async function inspect(
  context: Context,
  key: string | undefined,
  options: RecordOptions,
): Promise<number> {
  const found = await findRecord(context, key, options);
  const facts = await life(context, found);
  context.screen.show(facts, () => inWords(facts));
  return exitCodes.fine;
}

type Life = Awaited<ReturnType<typeof life>>;

async function life({ session }: Context, { bot, id, record, untouchedMs }: FoundRecord) {
  const nowUs = await serverTimeUs(session);
  const until = (us: number | undefined) => (us === undefined ? undefined : Math.round((us - nowUs) / 1000));
  return {
    bot,
    key: id,
    state: record.state,
    meaning: meanings[record.state],
    owner: record.owner,
    attempt: record.attempt,
    untouchedMs,
    leaseEndsInMs: until(record.leaseUntilUs),
    expiresInMs: until(record.expiresUs)!,
    expiresAt: moment(record.expiresUs / 1000),
    resultBytes: record.result === undefined ? undefined : Buffer.byteLength(record.result),
  };
}

function inWords(life: Life): string {
  const { owner, attempt, untouchedMs, leaseEndsInMs, resultBytes } = life;
  return listed([
    ["record", life.key],
    ["bot", life.bot],
    ["state", `${life.state}: ${life.meaning}`],
    ...(owner === undefined ? [] : ([["owner", `${owner}, attempt ${(attempt ?? 0) + 1}`]] as const)),
    ...(untouchedMs === undefined ? [] : ([["untouched", `for ${span(untouchedMs)}`]] as const)),
    ...(leaseEndsInMs === undefined ? [] : ([["lease", ends(leaseEndsInMs)]] as const)),
    ["expires", `in ${span(life.expiresInMs)}, at ${life.expiresAt}`],
    ["result", resultBytes === undefined ? "none stored" : `stored (${bytes(resultBytes)})`],
  ]);
}

const ends = (ms: number): string => (ms > 0 ? `for ${span(ms)} more` : `over since ${span(-ms)}`);
