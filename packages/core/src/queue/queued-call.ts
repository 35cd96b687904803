import { type Clock, toMillis } from "../clock.js";
import type { Job } from "../job.js";
import { chatOf } from "../limiter/plan.js";
import type { RuleCharge, Store } from "../store/port.js";
import { check, knownNames, positiveWhole } from "../validate.js";
import { fullLimits } from "./full-limits.js";
import type { Wait, WaitingCalls } from "./waiting-calls.js";

/** Which waiting calls to tell; see `guard.queue`. */
export interface QueueQuestion {
  /** Only this bot's: its id, or the `namespace`. */
  readonly bot?: string;
  /** Only those to this chat, as addressed. */
  readonly chat?: number | string;
  /** At most so many, the first to come. @default 100 */
  readonly limit?: number;
}

/** A call that waits. Holds no text. */
export interface QueuedCall {
  readonly bot: string;
  readonly method: string;
  readonly chat: string | undefined;
  /** Since when it waits, in ms since 1970. */
  readonly since: number;
  /** What it waits for: a rule, or a cap; undefined while it stands behind another call of its line. */
  readonly rule: string | undefined;
  /**
   * When its turn comes, in ms since 1970. A turn that is not `reserved` is an estimate: not before, as far as its own
   * chat and user tell. Undefined where nobody can tell: for a slot of a cap, or while the store is away.
   */
  readonly dueAt: number | undefined;
  /** The turn is reserved, and `dueAt` is what the store said. */
  readonly reserved: boolean;
}

type Waiting = readonly [Job, Wait];

/** Answers `guard.queue`. */
export async function queueOf(
  calls: WaitingCalls,
  question: QueueQuestion,
  store: Store,
  clock: Clock,
): Promise<readonly QueuedCall[]> {
  knownNames("queue", question, ["bot", "chat", "limit"]);
  check(question.limit, (value) => positiveWhole("queue({ limit })", value, "calls"));
  const found = firstOf(calls, question);
  const estimates = await estimatesOf(found, store, clock);
  return found.map(([job, wait]) => ({
    bot: job.call.bot,
    method: job.call.method,
    chat: chatOf(job.call.payload),
    since: wait.since,
    rule: wait.rule,
    dueAt: wait.dueAt ?? estimates.get(job),
    reserved: wait.dueAt !== undefined,
  }));
}

function firstOf(calls: WaitingCalls, { bot, chat, limit = mostTold }: QueueQuestion): readonly Waiting[] {
  const wanted = chat === undefined ? undefined : chatOf({ chat_id: chat });
  const found: Waiting[] = [];
  for (const entry of calls) {
    const [{ call }, { state }] = entry;
    if (state === "asking" || (bot !== undefined && call.bot !== bot)) continue;
    if (wanted === undefined || chatOf(call.payload) === wanted) found.push(entry);
    if (found.length === limit) break;
  }
  return found;
}

const mostTold = 100;

/** When those behind others may go: the store tells when what they all cost together could. */
async function estimatesOf(found: readonly Waiting[], store: Store, clock: Clock): Promise<Map<Job, number>> {
  const due = new Map<Job, number>();
  const now = clock.now();
  for (const [bot, jobs] of byBot(found)) {
    const asked = chargesAhead(jobs);
    const rules = asked.map(({ charge }) => charge);
    if (rules.length === 0) continue;
    const stats = await store.stats({ bot, rules }).catch(() => []);
    stats.forEach(({ waitUs, rate }, i) => {
      const { job, fullUs } = asked[i]!;
      const at = now + toMillis(waitUs + fullUs / rate);
      due.set(job, Math.max(at, due.get(job) ?? 0));
    });
  }
  return due;
}

/** Those that have no turn and no cap to wait for, by bot. */
function byBot(found: readonly Waiting[]): Map<string, Job[]> {
  const jobs = new Map<string, Job[]>();
  for (const [job, { state }] of found) {
    if (state !== "behind") continue;
    jobs.set(job.call.bot, [...(jobs.get(job.call.bot) ?? []), job]);
  }
  return jobs;
}

interface Asked {
  readonly job: Job;
  readonly charge: RuleCharge;
  /** Beyond what the store answers: so long until the limit has been used up as often as needed before. */
  readonly fullUs: number;
}

/** What each call pays to its chat and user, together with all that stand before it. */
function chargesAhead(jobs: readonly Job[]): readonly Asked[] {
  const ahead = new Map<string, number>();
  return jobs.flatMap((job) =>
    job.charges.filter(isNarrow).map((charge) => {
      const units = (ahead.get(charge.key) ?? 0) + charge.cost;
      ahead.set(charge.key, units);
      const { cost, fullUs } = fullLimits(charge.params, units);
      return { job, charge: { ...charge, cost }, fullUs };
    }),
  );
}

/** Of the wider rules nobody knows here how many others they will let through before. */
const isNarrow = ({ key }: RuleCharge): boolean => /^(chat|user|method):/.test(key);
