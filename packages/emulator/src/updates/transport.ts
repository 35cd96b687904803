import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { EmulatedUpdate } from "./update.js";

/** What a webhook answers. */
export interface WebhookResponse {
  status: number;
  headers?: Record<string, string | string[] | undefined>;
  /** An object, or JSON text. `{ method, … }` is carried out as a webhook reply. */
  body?: unknown;
}

/** Hands one update to a webhook. A rejection is a broken connection. */
export type Transport = (update: EmulatedUpdate, signal: AbortSignal) => Promise<WebhookResponse>;

/** POSTs updates to a URL, one connection each, so that no socket outlives its request. */
export function httpTransport(url: string, secretToken: string | undefined): Transport {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  return function postUpdate(update, signal) {
    const body = JSON.stringify(update);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...(secretToken ? { "x-telegram-bot-api-secret-token": secretToken } : {}),
    };
    return new Promise((resolve, reject) => {
      const request = send(url, { method: "POST", headers, signal, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("close", () => reject(new Error("Connection closed")));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  };
}
