/**
 * - `ok`: as it should be
 * - `note`: works, and could be better
 * - `problem`: messages may be sent twice, be lost, or not go out at all
 * - `unknown`: this user may not ask
 */
export type Verdict = "ok" | "note" | "problem" | "unknown";

/** What one look at the server has shown. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly says: string;
  /** What to change, exactly. */
  readonly remedy?: string;
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: "ok", says });

export const note = (check: string, says: string, remedy: string): Finding => ({
  check,
  verdict: "note",
  says,
  remedy,
});

export const problem = (check: string, says: string, remedy: string): Finding => ({
  check,
  verdict: "problem",
  says,
  remedy,
});

/** The user may not ask. @param what the permission that is missing, such as `+info` */
export const unknown = (check: string, user: string, what: string): Finding => ({
  check,
  verdict: "unknown",
  says: `cannot be told: user ${user} may not ask (${what.replace(/^\+/, "").toUpperCase()} is not permitted)`,
  remedy: `ACL SETUSER ${user} ${what}`,
});
