import { randomUUID } from "node:crypto";
import { elapsed } from "../clock.js";
import type { Session } from "../connect/session.js";
import { type Finding, ok, problem } from "./finding.js";

/** Claims a record of nobody's and gives it back: what every send does, in earnest. */
export async function roundTrip({ store }: Session): Promise<Finding> {
  const owner = randomUUID();
  const place = { bot: "probe", owner, attempt: 0 };
  const record = `probe-${owner}`;
  const times = { maxWaitUs: 0, leaseUs: 1_000_000, graceUs: 0, ttlUs: 1_000_000 };
  const from = elapsed();
  try {
    const { status } = await store.admit({
      ...place,
      claim: { id: record, mode: "send" },
      rules: [],
      ...times,
    });
    const claimedMs = elapsed() - from;
    const settled = await store.settle({ ...place, record, as: "unsent", ttlUs: 0, rules: [] });
    if (status === "go" && settled)
      return ok(
        "scripts",
        `claimed in ${claimedMs.toFixed(1)} ms, settled in ${(elapsed() - from - claimedMs).toFixed(1)} ms`,
      );
    return problem(
      "scripts",
      `a claim was answered "${status}"`,
      "run doctor again; if it stays so, this is no Redis that Sendonce can use",
    );
  } catch (error) {
    return problem(
      "scripts",
      String((error as Error).message),
      "mend what is named above; a claim is what every send begins with",
    );
  }
}
