import type { HeldRecord, meet } from "../idempotency/record.js";
import { localTime } from "../limiter/frozen-clock.js";
import type { Paid, RuleState } from "../limiter/rule-state.js";
import type { Admission, AdmitRequest, FreezeRequest } from "./port.js";

/** SENDING → RESERVED: the frozen rule and narrower ones stay paid, wider ones are paid again. */
export function backInLine(request: FreezeRequest, record: HeldRecord, rule: RuleState, now: number): void {
  record.state = "reserved";
  record.attempt++;
  record.stage = request.frozen;
  record.paid = record.paid.slice(0, request.frozen + 1);
  record.paid[request.frozen]!.turn = localTime(rule, now);
  record.lease = Math.max(now, rule.thaw) + request.graceUs;
  record.expires = Math.max(record.expires, record.lease);
}

/** DONE and AMBIGUOUS hold no lease, and what was paid stays paid. */
export function close(
  record: HeldRecord,
  state: HeldRecord["state"],
  result: string | undefined,
  now: number,
  ttlUs: number,
): void {
  record.state = state;
  record.result = result;
  record.closedAt = now;
  record.expires = now + ttlUs;
  record.lease = 0;
  record.stage = 0;
  record.paid = none;
}

const none: readonly Paid[] = Object.freeze([]);

/** What a record answers to who meets it. */
export function answerTo(
  meeting: Exclude<ReturnType<typeof meet>, "claim">,
  record: HeldRecord,
  { graceUs }: AdmitRequest,
  now: number,
): Admission {
  switch (meeting) {
    case "resume":
    case "go":
      return { status: "go", leaseUs: record.lease - now, nowUs: now };
    case "done":
      return { status: "done", result: record.result, nowUs: now };
    case "reserved-by-other":
      return {
        status: "busy",
        state: "reserved",
        waitUs: Math.max(0, record.lease - graceUs - now),
        nowUs: now,
      };
    case "sending-by-other":
      return { status: "busy", state: "sending", waitUs: 0, nowUs: now };
    default:
      return { status: meeting, nowUs: now };
  }
}
