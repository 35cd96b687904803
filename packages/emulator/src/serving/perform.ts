import { type Clock, pause } from "../clock.js";
import type { Ledger } from "../ledger/ledger.js";
import type { RequestRecord } from "../ledger/records.js";
import type { Meter } from "../limits/meter.js";
import type { Limits } from "../limits/numbers.js";
import { commit } from "../methods/commit.js";
import { type CreatingMethod, isCreating, type Method } from "../methods/method.js";
import { chatOf } from "../methods/target.js";
import { tooManyRequests } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import type { EmulatedChat } from "../world/chats.js";
import { payloadWithoutBytes } from "../world/files.js";
import type { Json } from "../world/json.js";
import type { Message } from "../world/messages.js";
import type { World } from "../world/world.js";
import type { Exchange } from "./exchange.js";
import { type Floods, placeOf } from "./floods.js";

/** What a request needs on its way from the method to the ledger. */
export interface Request {
  call: Call;
  method: Method;
  record: RequestRecord;
  exchange: Exchange;
}

/** Carries out methods: compose, charge to the limits, commit, answer. */
export class Performer {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #meter: Meter;
  readonly #floods: Floods;
  readonly #ledger: Ledger;

  constructor(parts: {
    world: World;
    clock: Clock;
    limits: Limits;
    meter: Meter;
    floods: Floods;
    ledger: Ledger;
  }) {
    this.#world = parts.world;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#meter = parts.meter;
    this.#floods = parts.floods;
    this.#ledger = parts.ledger;
  }

  /** The result of a request. Sends at most `upTo` messages of it. @throws ApiError */
  async perform(request: Request, upTo = Number.POSITIVE_INFINITY): Promise<unknown> {
    const { call, method, exchange } = request;
    if (isCreating(method)) return this.#create(request, method, upTo);
    const counted = method.counts === "message" || (method.counts === "edit" && this.#limits.editsCount);
    if (counted) await this.#charge(request, chatOf(call, this.#world), 1);
    return method.act(call, this.#world, exchange);
  }

  async #create(request: Request, method: CreatingMethod, upTo: number): Promise<unknown> {
    const drafts = method.compose(request.call, this.#world);
    if (!method.free) await this.#charge(request, drafts[0]!.chat, drafts.length);
    const messages = commit(request.call, drafts.slice(0, upTo), this.#world);
    this.#noteReceived(request, messages);
    return structuredClone(method.answer ? method.answer(messages) : messages[0]);
  }

  /** @throws 429 when a limit refuses and the wait is too long to absorb */
  async #charge({ call, record, exchange }: Request, chat: EmulatedChat, cost: number): Promise<void> {
    const paid = call.params.allow_paid_broadcast === true;
    const charge = { bot: call.bot, place: placeOf(call, chat.id), group: chat.id < 0, cost, paid };
    let patience = this.#limits.absorbMs;
    for (;;) {
      const now = this.#clock.now();
      const refusals = this.#meter.admit(charge, now);
      if (refusals.length === 0) return;
      const waitMs = Math.max(...refusals.map((refusal) => refusal.waitMs));
      if (waitMs > patience) {
        for (const { scope, waitMs: ms } of refusals) {
          this.#floods.tell(call, record.chat ?? chat.id, scope, wholeSeconds(ms), now);
        }
        record.limitedBy = refusals.at(-1)!.scope;
        throw tooManyRequests(wholeSeconds(waitMs));
      }
      patience -= waitMs;
      if (!(await pause(this.#clock, waitMs, exchange.stopped))) throw tooManyRequests(5);
    }
  }

  #noteReceived({ call, record }: Request, messages: readonly Message[]): void {
    const { bot, method } = call;
    const payload = payloadWithoutBytes(call);
    for (const [item, { message_id, chat, text, caption }] of messages.entries()) {
      this.#ledger.noteReceived({
        bot,
        chat: (chat as { id: number }).id,
        method,
        messageId: message_id,
        at: this.#clock.now(),
        ...words({ text, caption }),
        ...(severalOf(call) ? { item } : {}),
        payload,
      });
    }
    record.committed ||= messages.length > 0;
  }
}

const wholeSeconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));

const severalOf = ({ method }: Call) => /(Messages|Group)$/.test(method);

const words = ({ text, caption }: Json): { text?: string; caption?: string } => ({
  ...(typeof text === "string" ? { text } : {}),
  ...(typeof caption === "string" ? { caption } : {}),
});
