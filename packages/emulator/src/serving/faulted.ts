import { type Clock, pause } from "../clock.js";
import type { Fault } from "../faults/fault.js";
import { ApiError, badRequest, tooManyRequests } from "../world/api-error.js";
import { type Answer, cut, failure, shuttingDown } from "./answer.js";
import type { Floods } from "./floods.js";
import type { Request } from "./perform.js";

/** What a fault does with the request that it hits. */
export interface FaultTools {
  clock: Clock;
  floods: Floods;
  /** Carries the request out (its first `upTo` messages) and gives the answer it would have got. */
  answer(request: Request, upTo?: number): Promise<Answer>;
  /** Puts the server down for `ms`. */
  restart(options: { ms?: number; refuse?: boolean }, request: Request): void;
}

/** The answer to a request that a fault has hit. */
export async function answerFaulted(fault: Fault, request: Request, tools: FaultTools): Promise<Answer> {
  const { call, exchange } = request;
  if (commitsFirst(fault)) await tools.answer(request);
  switch (fault.kind) {
    case "429":
      return flood(fault, request, tools);
    case "html":
      return { kind: "html", status: fault.status ?? 502 };
    case "error":
      return failure(new ApiError(fault.code, fault.description, fault.parameters));
    case "hang":
      await exchange.untilEnded();
      return cut;
    case "slow":
      return slow(fault, request, tools);
    case "cut-before":
    case "cut-after":
      return cut;
    case "partial": {
      const refused = await tools.answer(request, fault.sent);
      if (!request.record.committed && fault.sent > 0) return refused;
      const reason = fault.description ?? "INTERNAL";
      return failure(
        badRequest(`failed to send message #${fault.sent + 1} with the error message "${reason}"`),
      );
    }
    case "restart":
      tools.restart(fault, request);
      tools.floods.tell(call, request.record.chat, "chat", 5, tools.clock.now());
      return shuttingDown();
  }
}

function commitsFirst(fault: Fault): boolean {
  if (fault.kind === "cut-after") return true;
  if (fault.kind === "restart") return fault.commit !== false;
  return "commit" in fault && fault.commit === true;
}

function flood(
  { retryAfter = 1, scope = "chat", enforce }: Extract<Fault, { kind: "429" }>,
  { call, record }: Request,
  { clock, floods }: FaultTools,
): Answer {
  floods.tell(call, record.chat, scope, retryAfter, clock.now());
  if (enforce) floods.enforce(call, record.chat, scope, retryAfter, clock.now());
  return failure(tooManyRequests(retryAfter));
}

/** A client that hangs up does not stop the message: Telegram works on. */
async function slow(
  { ms, commit }: Extract<Fault, { kind: "slow" }>,
  request: Request,
  { clock, answer }: FaultTools,
): Promise<Answer> {
  const early = commit === "before" ? await answer(request) : undefined;
  const full = await pause(clock, ms, request.exchange.stopped);
  return early ?? (full ? answer(request) : shuttingDown());
}
