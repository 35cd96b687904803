import type { ActingMethod } from "../methods/method.js";
import { ApiError, badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type Json, present } from "../world/json.js";
import { listOf, numberOf, textOf } from "../world/params.js";
import { httpTransport } from "./transport.js";
import type { Inbox, Updates } from "./updates.js";

/** The methods by which a bot gets its updates. `webhookTimeoutMs`: a handler silent for so long has failed. */
export function updateMethods(updates: Updates, webhookTimeoutMs: number): Record<string, ActingMethod> {
  return {
    getUpdates: {
      act({ bot, params }, _world, exchange) {
        const inbox = updates.of(bot);
        if (inbox.webhook.target) throw webhookIsActive();
        allow(inbox, params);
        const limit = Math.min(Math.max(numberOf(params, "limit") ?? 100, 1), 100);
        const timeoutMs = (numberOf(params, "timeout") ?? 0) * 1000;
        return inbox.polling.poll({ offset: numberOf(params, "offset"), limit, timeoutMs }, exchange);
      },
    },
    setWebhook: { act: (call) => setWebhook(updates.of(call.bot), call, webhookTimeoutMs) },
    deleteWebhook: {
      act({ bot, params }) {
        updates.of(bot).webhook.aim(undefined);
        if (params.drop_pending_updates === true) updates.of(bot).queue.clear();
        return true;
      },
    },
    getWebhookInfo: { act: ({ bot }) => webhookInfo(updates.of(bot)) },
  };
}

function setWebhook(inbox: Inbox, { params }: Call, timeoutMs: number): true {
  const url = textOf(params, "url");
  const secret = textOf(params, "secret_token");
  if (url !== "" && !permitted(url))
    throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
  if (!/^[\w-]{0,256}$/.test(secret)) throw badRequest("secret token contains unallowed characters");
  if (params.drop_pending_updates === true) inbox.queue.clear();
  allow(inbox, params);
  const maxConnections = Math.min(Math.max(numberOf(params, "max_connections") ?? 40, 1), 100);
  const transport = httpTransport(url, secret || undefined);
  inbox.webhook.aim(url === "" ? undefined : { url, transport, maxConnections, timeoutMs });
  return true;
}

function webhookInfo({ webhook, queue, allowed }: Inbox): Json {
  const { target, lastError } = webhook;
  return present({
    url: target?.url ?? "",
    has_custom_certificate: false,
    pending_update_count: queue.size,
    last_error_date: lastError && Math.floor(lastError.at / 1000),
    last_error_message: lastError?.message,
    max_connections: target?.maxConnections,
    allowed_updates: allowed,
  });
}

/** An empty list means all again; no list leaves what was asked for before. */
function allow(inbox: Inbox, params: Json): void {
  if (params.allowed_updates === undefined) return;
  const types = listOf(params, "allowed_updates").map(String);
  inbox.allowed = types.length > 0 ? types : undefined;
}

/** HTTPS, or plain HTTP on this machine. */
function permitted(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
  );
}

const webhookIsActive = () =>
  new ApiError(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  );
