/**
 * The local Telegram that the laws run against: what they use of `@sendonce/emulator`, whose emulators fit.
 * Core imports neither it nor a framework.
 */
export interface LocalTelegram {
  listen(): Promise<{ readonly url: string }>;
  /** Scripts a fault; the first that matches a request strikes, once unless told. */
  fault(fault: LawFault): { readonly hits: number };
  /** Makes a chat one with topics. */
  chat(ref: number, changes: { forum: boolean }): unknown;
  /** Somebody writes to the bot, or presses a button of its last message. */
  say(
    bot: string,
    saying: { chat: number | string; text?: string; callback?: string },
  ): { readonly update_id: number };
  readonly ledger: {
    /** What people received, oldest first. */
    received(chat?: number | string): readonly ReceivedMessage[];
    /** Every request, in order of arrival. */
    requests(filter?: { method?: string }): readonly SeenRequest[];
    /** Requests that came while their chat or bot was told to wait. */
    duringFlood(): readonly SeenRequest[];
  };
  close(): Promise<void>;
}

/** A scripted fault. */
export type LawFault = {
  readonly method?: string;
  readonly chat?: number;
  readonly times?: number;
  /** So many requests pass first. */
  readonly after?: number;
} & (
  | { readonly kind: "429"; readonly retryAfter?: number; readonly enforce?: boolean }
  | { readonly kind: "html"; readonly status?: number; readonly commit?: boolean }
  | {
      readonly kind: "error";
      readonly code: number;
      readonly description: string;
      readonly parameters?: Record<string, unknown>;
      readonly commit?: boolean;
    }
  | { readonly kind: "hang"; readonly commit?: boolean }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "cut-before" }
  | { readonly kind: "cut-after" }
);

/** One message that somebody received; uploaded files in `payload` are `{ size, sha256, filename }`. */
export interface ReceivedMessage {
  readonly text?: string;
  readonly caption?: string;
  readonly payload: { readonly [field: string]: unknown };
}

/** One request to the Bot API. */
export interface SeenRequest {
  readonly method: string;
}
