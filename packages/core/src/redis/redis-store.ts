import { StoreUnavailable } from "../errors.js";
import { promised } from "../soon.js";
import type {
  Admission,
  AdmitRequest,
  FreezeAnswer,
  FreezeRequest,
  RecordView,
  RenewRequest,
  RuleCharge,
  RuleStats,
  SettleRequest,
  StatsRequest,
  Store,
  StoreHealth,
} from "../store/port.js";
import { type Ask, Batches } from "./batches.js";
import { RedisBoard } from "./board.js";
import type { Connection } from "./connection.js";
import { keyPattern, recordKey, ruleKey } from "./keys.js";
import { foreignValue } from "./refused.js";
import * as scripts from "./scripts.js";
import { toldByInfo } from "./server-info.js";
import { ServerTime } from "./server-time.js";
import { RedisSlots } from "./slots.js";

/** Replicas that must have a claim before its message is sent. */
export interface ReplicaWait {
  /** So many, at least 1. */
  readonly replicas: number;
  /** How long they are waited for, in ms; less than `commandTimeoutMs`. */
  readonly timeoutMs: number;
}

/** A store on Redis: every verb is one Lua script, all times are the server's. Made by `redisStore`. */
export class RedisStore implements Store {
  readonly name: string;
  readonly commandTimeoutMs: number;
  readonly slots: RedisSlots;
  readonly board: RedisBoard;
  readonly #connection: Connection;
  readonly #batches: Batches;
  readonly #release: () => void;
  readonly #time: ServerTime;
  /** How long an admit may be on its way before it must do nothing, in µs. */
  readonly #patienceUs: number;

  readonly #replicas: ReplicaWait | undefined;

  constructor(
    name: string,
    connection: Connection,
    patienceMs: number,
    release: () => void,
    replicas?: ReplicaWait,
  ) {
    this.#replicas = replicas;
    this.name = name;
    this.commandTimeoutMs = patienceMs;
    this.#connection = connection;
    this.#batches = new Batches(connection);
    this.#release = release;
    this.#patienceUs = patienceMs * 1000;
    this.#time = new ServerTime();
    this.board = new RedisBoard(connection);
    this.slots = new RedisSlots(connection, () => this.#serverNow());
  }

  get connectedAtMs(): number {
    return this.#connection.connectedAtMs;
  }

  admit(request: AdmitRequest): Promise<Admission> {
    return promised(() => this.#admit(request, mostAdmits));
  }

  /** An answer `expired` teaches the server's time, and asking again is then in time: the caller never sees it. */
  #admit(request: AdmitRequest, tries: number): Promise<Admission> {
    if (tries === 0) return Promise.reject(new StoreUnavailable(tooLate));
    const { nowUs, deadlineUs } = request;
    if (nowUs === undefined && deadlineUs === undefined && !this.#time.known)
      return this.#learnTime().then(() => this.#admit(request, tries));
    return this.#admitOnce(request).then((answer) => {
      const admission = admissionFrom(this.#heard(request.bot, nowUs, answer), request.rules);
      if (admission.status === "expired" && deadlineUs === undefined) return this.#admit(request, tries - 1);
      if (this.#replicas === undefined || admission.status !== "go") return admission;
      return request.claim?.mode === "send" ? this.#copied(request, this.#replicas, admission) : admission;
    });
  }

  /** The mark must be known to replicas too before anything is sent; else it is taken back. */
  async #copied(request: AdmitRequest, wait: ReplicaWait, admission: Admission): Promise<Admission> {
    const { replicas, timeoutMs } = wait;
    const { bot, owner, attempt, rules, ttlUs } = request;
    const record = request.claim!.id;
    try {
      const key = recordKey(bot, record);
      const acknowledged = await this.#connection.acknowledgedBy(key, replicas, timeoutMs);
      if (acknowledged < replicas) throw tooFewReplicas(wait, acknowledged);
      return admission;
    } catch (error) {
      await this.settle({ bot, owner, attempt, record, as: "unsent", ttlUs, rules }).catch(() => {});
      throw error;
    }
  }

  /** By the server's time as it is known here. */
  #admitOnce(request: AdmitRequest): Promise<unknown[]> {
    const { bot, claim, rules, nowUs } = request;
    const records = claim ? recordKeys(bot, claim.id, claim.aliases) : [];
    const input = {
      records,
      rules: rules.map(({ key }) => ruleKey(bot, key)),
      given: nowUs,
      deadline: request.deadlineUs ?? (nowUs === undefined ? this.#time.now() + this.#patienceUs : undefined),
      claimed: records.length,
      owner: request.owner,
      attempt: request.attempt,
      content: claim?.content ?? "",
      mode: claim?.mode === "update" ? "u" : "s",
      takes: claim?.takeAmbiguous === true,
      maxWait: request.maxWaitUs,
      lease: request.leaseUs,
      grace: request.graceUs,
      ttl: request.ttlUs,
      charges: rules,
    };
    const patienceMs = Math.max(leastPatienceMs, request.maxWaitUs / 1000);
    return this.#ask(bot, { letter: "a", script: scripts.admit, input, patienceMs });
  }

  async renew(request: RenewRequest): Promise<boolean> {
    const [status] = await this.#run(request.bot, scripts.renew, {
      ...this.#place(request),
      lease: request.leaseUs,
    });
    return status === "renewed";
  }

  settle(request: SettleRequest): Promise<boolean> {
    return promised(() => this.#settle(request));
  }

  #settle(request: SettleRequest): Promise<boolean> {
    const { bot, owner, attempt, as, result = "", ttlUs: ttl, rules, nowUs: given } = request;
    const record = recordKey(bot, request.record);
    const keys = rules.map(({ key }) => ruleKey(bot, key));
    const input = { record, rules: keys, given, owner, attempt, as, result, ttl, charges: rules };
    const ask = { letter: "s", script: scripts.settle, input, patienceMs: settlePatienceMs } as const;
    return this.#ask(bot, ask).then((answer) => this.#heard(bot, given, answer)[0] === "settled");
  }

  async freeze(request: FreezeRequest): Promise<FreezeAnswer> {
    const { bot, record, rules, frozen } = request;
    const rule = rules[frozen]!;
    const [status, nowUs, waitUs] = await this.#run(bot, scripts.freeze, {
      rule: ruleKey(bot, rule.key),
      records: record === undefined ? [] : [recordKey(bot, record)],
      given: request.nowUs,
      owner: request.owner,
      attempt: request.attempt,
      frozen,
      after: request.retryAfterUs,
      grace: request.graceUs,
      charges: [rule],
    });
    if (status === "lost") return { status: "lost", nowUs: Number(nowUs) };
    return { status: "frozen", nowUs: Number(nowUs), waitUs: Number(waitUs) };
  }

  async inspect(bot: string, record: string, nowUs?: number): Promise<RecordView | undefined> {
    const answer = await this.#run(bot, scripts.inspect, { record: recordKey(bot, record), given: nowUs });
    const [state, , owner, attempt, lease, expires, result] = answer;
    if (state === "none") return undefined;
    const held = state === "reserved" || state === "sending";
    return {
      state: state as RecordView["state"],
      ...(state !== "done" && { owner: String(owner), attempt: Number(attempt) }),
      expiresUs: Number(expires),
      ...(held && { leaseUntilUs: Number(lease) }),
      ...(result !== "" && { result: String(result) }),
    };
  }

  async stats({ bot, rules, nowUs }: StatsRequest): Promise<readonly RuleStats[]> {
    const keys = rules.map(({ key }) => ruleKey(bot, key));
    const [, ...numbers] = await this.#run(bot, scripts.stats, { rules: keys, given: nowUs, charges: rules });
    return rules.map(({ name }, i) => {
      const [remaining, waitUs, resetUs, frozenUs, rate] = numbers.slice(5 * i, 5 * i + 5).map(Number);
      return {
        name,
        remaining: remaining!,
        waitUs: waitUs!,
        resetUs: resetUs!,
        frozenUs: frozenUs!,
        rate: rate! / 1e6,
      };
    });
  }

  async reset(
    bot: string,
    what: { records?: readonly string[]; rules?: readonly string[] },
  ): Promise<number> {
    const keys = [
      ...(what.records ?? []).map((id) => recordKey(bot, id)),
      ...(what.rules ?? []).map((key) => ruleKey(bot, key)),
    ];
    if (keys.length === 0) return 0;
    return this.#connection.ask("reset", (client) => client.del(...keys));
  }

  /** Redis sweeps by itself (PX). Answers 0. */
  async sweep(): Promise<number> {
    return 0;
  }

  async ping(): Promise<StoreHealth> {
    const [time, info] = await this.#connection.ask("ping", (client) =>
      // Who may not read INFO has a store all the same.
      Promise.all([client.time(), client.info().catch(() => "")]),
    );
    const [seconds, micros] = time;
    return { nowUs: Number(seconds) * 1e6 + Number(micros), ...toldByInfo(info) };
  }

  /** Keys of one bot, by SCAN: for operators and tests, never on the way of a send. */
  async *keys(bot?: string): AsyncGenerator<string> {
    for (const master of this.#connection.masters()) {
      for await (const batch of master.scanStream({ match: keyPattern(bot), count: 500 }))
        yield* batch as string[];
    }
  }

  async close(): Promise<void> {
    this.#release();
  }

  async #learnTime(): Promise<void> {
    this.#time.learn((await this.ping()).nowUs);
  }

  /** The server's time as it is known here, in µs. */
  async #serverNow(): Promise<number> {
    if (!this.#time.known) await this.#learnTime();
    return this.#time.now();
  }

  #place(
    request: { bot: string; record: string; rules: readonly RuleCharge[]; nowUs?: number | undefined } & {
      owner: string;
      attempt: number;
    },
  ) {
    const { bot, record, rules, owner, attempt } = request;
    return {
      record: recordKey(bot, record),
      rules: rules.map(({ key }) => ruleKey(bot, key)),
      given: request.nowUs,
      owner,
      attempt,
      charges: rules,
    };
  }

  /** A claim or a settlement, with others on their way at the same time. */
  #ask(bot: string, ask: Ask): Promise<unknown[]> {
    if (ask.input.given === undefined) return this.#batches.run(bot, ask);
    return this.#connection.run(ask.script as never, ask.input, ask.patienceMs);
  }

  async #run<Input extends { given: number | undefined }>(
    bot: string,
    script: Parameters<Connection["run"]>[0] & { keys(input: Input): string[] },
    input: Input,
    patienceMs?: number,
  ): Promise<unknown[]> {
    const answer = await this.#connection.run(script as never, input as never, patienceMs);
    return this.#heard(bot, input.given, answer);
  }

  #heard(bot: string, given: number | undefined, answer: unknown[]): unknown[] {
    if (answer[0] === "foreign") throw foreignValue(bot);
    if (given === undefined) this.#time.learn(Number(typeof answer[0] === "number" ? answer[0] : answer[1]));
    return answer;
  }
}

const tooLate = "commands reach Redis later than they may; raise redisStore({ commandTimeoutMs })";

function recordKeys(bot: string, id: string, aliases: readonly string[] = []): string[] {
  const keys = [recordKey(bot, id)];
  for (const alias of aliases) keys.push(recordKey(bot, alias));
  return keys;
}

const tooFewReplicas = ({ replicas, timeoutMs }: ReplicaWait, acknowledged: number): StoreUnavailable =>
  new StoreUnavailable(
    `${acknowledged} of ${replicas} replicas acknowledged a claim within ${timeoutMs} ms: look after the replicas, or change redisStore({ waitForReplicas })`,
    { refusesWrites: true },
  );

/** An admit that came too late is asked again so often. */
const mostAdmits = 4;

/** Also who wants no wait at all gives a Cluster that moves its keys so long. */
const leastPatienceMs = 1_000;
/** How long a settlement may wait for a Cluster that moves its keys. */
const settlePatienceMs = 30_000;

function admissionFrom(answer: unknown[], rules: readonly RuleCharge[]): Admission {
  const [status, now, a, b] = answer;
  const nowUs = Number(now);
  switch (status) {
    case "go":
      return { status, nowUs, leaseUs: Number(a) };
    case "wait":
      return { status, nowUs, waitUs: Number(a), rule: rules[Number(b)]!.name };
    case "refused":
      return { status, nowUs, retryAfterUs: Number(a), rule: rules[Number(b)]!.name };
    case "busy":
      return { status, nowUs, state: a as "reserved" | "sending", waitUs: Number(b) };
    case "done":
      return { status, nowUs, result: a === "" ? undefined : String(a) };
    default:
      return { status: status as "ambiguous" | "mismatch" | "expired", nowUs };
  }
}
