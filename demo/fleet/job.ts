/** What the demo asks of one process of a fleet. */
export type Job =
  /** A post to a channel when the clock shows `at` (ms since 1970), as cron does it on every machine. */
  | { kind: "post"; chat: string; text: string; at: number }
  /** One message to each chat, so many at a time. */
  | { kind: "broadcast"; chats: number[]; text: string; width: number };

/** A send that failed, and as what. */
export interface Failure {
  chat: number | string;
  /** The code of Sendonce's refusal, else the error's own words. */
  code: string;
}

/** What a process tells the demo. */
export type Word =
  /** Where its webhook is, and its metrics if it has any. */
  | { kind: "listening"; port: number; metricsPort?: number }
  | { kind: "finished"; failures: Failure[] }
  | { kind: "warning"; text: string };
