import { type Clock, pause } from "../clock.js";
import type { Fault } from "../faults/fault.js";
import { FaultScript } from "../faults/script.js";
import type { Ledger } from "../ledger/ledger.js";
import type { RequestRecord } from "../ledger/records.js";
import { Meter } from "../limits/meter.js";
import type { Limits } from "../limits/numbers.js";
import type { Method } from "../methods/method.js";
import { ApiError, tooManyRequests } from "../world/api-error.js";
import { botId } from "../world/bots.js";
import type { Call } from "../world/call.js";
import type { ChatRef } from "../world/chats.js";
import type { Upload } from "../world/files.js";
import type { Json } from "../world/json.js";
import { readParams } from "../world/params.js";
import type { World } from "../world/world.js";
import { type Answer, cut, failure, shuttingDown, success } from "./answer.js";
import { type Exchange, OpenExchanges } from "./exchange.js";
import { answerFaulted } from "./faulted.js";
import { Floods } from "./floods.js";
import { Performer, type Request } from "./perform.js";

/** What the client sent, read but not interpreted. */
export interface RawCall {
  params: Json;
  uploads: ReadonlyMap<string, Upload>;
}

/** How long, and how, the server is away. */
export interface RestartOptions {
  /** Milliseconds until it accepts again. @default 1000 */
  ms?: number;
  /** Refuse connections instead of answering 429. */
  refuse?: boolean;
}

/** From a request to its answer: who asks, which fault strikes, what the limits say, what comes of it. */
export class BotServer {
  readonly exchanges = new OpenExchanges();
  readonly faults: FaultScript;
  /** Called when the server goes down and connections are to be refused until the promise ends. */
  onRefuse: ((until: Promise<unknown>) => void) | undefined;
  readonly #clock: Clock;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #methods: ReadonlyMap<string, [name: string, method: Method]>;
  readonly #floods = new Floods();
  readonly #performer: Performer;
  readonly #lifetime = new AbortController();
  #downUntil = 0;
  #refusing = false;

  constructor(parts: {
    clock: Clock;
    world: World;
    ledger: Ledger;
    limits: Limits;
    methods: Readonly<Record<string, Method>>;
  }) {
    const { clock, world, ledger, limits, methods } = parts;
    this.#clock = clock;
    this.#world = world;
    this.#ledger = ledger;
    this.#methods = new Map(Object.entries(methods).map((entry) => [entry[0].toLowerCase(), entry]));
    const meter = new Meter(limits);
    this.#performer = new Performer({ world, clock, limits, meter, floods: this.#floods, ledger });
    this.faults = new FaultScript((fault, candidate) => this.#meant(fault, candidate));
  }

  /** Answers one request to `/bot<token>/<method>`. */
  async handle(
    token: string,
    method: string,
    read: () => Promise<RawCall>,
    exchange: Exchange,
  ): Promise<Answer> {
    try {
      return await this.handleFrom(this.#world.bots.authorize(token).id, method, read, exchange);
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  /** Answers one request of a bot that is known. */
  async handleFrom(
    bot: number,
    methodName: string,
    read: () => Promise<RawCall>,
    exchange: Exchange,
    extra: Partial<RequestRecord> = {},
  ): Promise<Answer> {
    try {
      const [name, method] = this.#methods.get(methodName.toLowerCase()) ?? notFound();
      const at = this.#clock.now();
      const raw = await read();
      const call = { bot, method: name, params: readParams(raw.params), uploads: raw.uploads };
      const record = this.#record(call, at, extra);
      return await this.#answerAndNote({ call, method, record, exchange });
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  /** Takes the server down now: requests in flight get 429 retry_after 5, and so do new ones for `ms`. */
  restart({ ms = 1000, refuse = false }: RestartOptions = {}, except?: Exchange): void {
    this.#downUntil = this.#clock.now() + ms;
    this.#refusing = refuse;
    this.exchanges.interruptAll("restart", except);
    if (refuse) this.onRefuse?.(pause(this.#clock, ms, this.#lifetime.signal));
  }

  /** Ends every request in flight. */
  close(): void {
    this.#lifetime.abort();
    this.exchanges.interruptAll("closed");
  }

  async #answerAndNote(request: Request): Promise<Answer> {
    const { record, exchange } = request;
    const answer = this.#final(await this.#route(request), exchange);
    if (answer.kind !== "none") record.status = answer.status;
    if (answer.kind === "json" && answer.retryAfter !== undefined) record.retryAfter = answer.retryAfter;
    return answer;
  }

  #route(request: Request): Promise<Answer> | Answer {
    const { call, record } = request;
    const now = this.#clock.now();
    if (now < this.#downUntil) return this.#refusing ? { kind: "none", how: "refused" } : shuttingDown();
    const fault = this.faults.take({ method: call.method, chat: record.chat, bot: call.bot });
    if (fault) record.fault = fault.kind;
    if (fault) return answerFaulted(fault, request, this.#faultTools);
    const held = this.#floods.enforcedSeconds(call, record.chat, now);
    return held > 0 ? failure(tooManyRequests(held)) : this.#perform(request);
  }

  /** An interrupted exchange gets no ordinary answer any more. */
  #final(answer: Answer, { reason }: Exchange): Answer {
    if (reason === "restart") return shuttingDown();
    if (reason === "gone") return { kind: "none", how: "gone" };
    return reason === "closed" ? cut : answer;
  }

  async #perform(request: Request, upTo?: number): Promise<Answer> {
    try {
      return success(await this.#performer.perform(request, upTo));
    } catch (error) {
      return failure(asApiError(error));
    }
  }

  get #faultTools() {
    return {
      clock: this.#clock,
      floods: this.#floods,
      answer: (request: Request, upTo?: number) => this.#perform(request, upTo),
      restart: (options: RestartOptions, request: Request) => this.restart(options, request.exchange),
    };
  }

  #record(call: Call, at: number, extra: Partial<RequestRecord>): RequestRecord {
    const { chat_id, user_id } = call.params;
    const chat = this.#world.chats.idOf(
      chat_id ?? (/^(sendGift|gift)/.test(call.method) ? user_id : undefined),
    );
    const floodOf = this.#floods.hitBy(call, chat, at);
    return this.#ledger.noteRequest({
      bot: call.bot,
      method: call.method,
      ...(chat === undefined ? {} : { chat }),
      at,
      status: 0,
      duringFlood: floodOf !== undefined,
      ...(floodOf ? { floodOf } : {}),
      committed: false,
      ...extra,
    });
  }

  #meant(
    fault: Fault,
    { method, chat, bot }: { method: string; chat: number | undefined; bot: number },
  ): boolean {
    const methods = fault.method === undefined ? undefined : [fault.method].flat();
    const named = methods
      ? methods.some((name) => name.toLowerCase() === method.toLowerCase())
      : method !== "getUpdates";
    const here = fault.chat === undefined || this.#world.chats.idOf(fault.chat as ChatRef) === chat;
    return named && here && (fault.bot === undefined || botId(fault.bot) === bot);
  }
}

function notFound(): never {
  throw new ApiError(404, "Not Found");
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(500, `Internal Server Error: ${String(error)}`);
}
