import { badRequest } from "./api-error.js";
import type { Json } from "./json.js";

/** Parameters that stay texts even when they look like a number or like JSON. */
const TEXTS = new Set(
  `text caption title description address question explanation first_name last_name performer phone_number vcard payload name
  short_description emoji game_short_name url secret_token ip_address custom_title tag provider_token provider_data
  start_parameter bio username error_message currency action parse_mode foursquare_id foursquare_type`.split(
    /\s+/,
  ),
);
const TEXT_IDS =
  /(query|file|business_connection|inline_message|effect|gift|charge|custom_emoji|google_place|poll_option)_id$/;

/** Reads a call's parameters as Telegram does, where a form field, a query parameter and a JSON value are one. */
export function readParams(raw: Json): Json {
  const entries = Object.entries(raw).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, readValue(name, value)]));
}

function readValue(name: string, value: unknown): unknown {
  if (TEXTS.has(name) || TEXT_IDS.test(name)) return typeof value === "object" ? value : String(value);
  if (typeof value !== "string") return value;
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  if (/^\s*[[{]/.test(value)) return parse(name, value);
  return value;
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`can't parse ${name.replaceAll("_", " ")} JSON object`);
  }
}

/** A text parameter; "" when absent. */
export function textOf(params: Json, name: string): string {
  const value = params[name];
  return value === undefined || typeof value === "object" ? "" : String(value);
}

/** A number parameter; undefined when absent or not a number. */
export function numberOf(params: Json, name: string): number | undefined {
  const value = params[name];
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

/** A list parameter; empty when absent. */
export function listOf(params: Json, name: string): unknown[] {
  const value = params[name];
  return Array.isArray(value) ? value : [];
}

/** An object parameter; undefined when absent. */
export function objectOf(params: Json, name: string): Json | undefined {
  const value = params[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}
