import type { WebhookResponse } from "./transport.js";

/** Longest wait between two attempts, seconds. */
const LONGEST_S = 60;
/** Longest Retry-After that is honoured, seconds. */
const LONGEST_ASKED_S = 3600;
/** An update that nobody takes is given up after a day. */
export const GIVE_UP_MS = 24 * 60 * 60 * 1000;

/** Milliseconds from the failure of attempt number `attempt` (from 1) to the next: 0, then 2, 4, 8 … 60 s, or what the bot asks for. */
export function redeliveryDelayMs(attempt: number, response: WebhookResponse | undefined): number {
  const asked = Number(header(response, "retry-after"));
  if (asked > 0) return Math.min(asked, LONGEST_ASKED_S) * 1000;
  return attempt === 1 ? 0 : Math.min(2 ** (attempt - 1), LONGEST_S) * 1000;
}

/** Whether the bot took the update. */
export const taken = (response: WebhookResponse | undefined) =>
  response !== undefined && response.status >= 200 && response.status < 300;

/** The call in the body of a response, if it is a webhook reply. */
export function replyIn({
  body,
}: WebhookResponse): { method: string; params: Record<string, unknown> } | undefined {
  const value = typeof body === "string" ? parsed(body) : body;
  if (typeof value !== "object" || value === null || !("method" in value)) return undefined;
  const { method, ...params } = value as Record<string, unknown>;
  return typeof method === "string" ? { method, params } : undefined;
}

function header(response: WebhookResponse | undefined, name: string): unknown {
  const found = Object.entries(response?.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
