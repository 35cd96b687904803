/**
 * What a guard writes to pino: one line per event, with the fields first and no text in it. Chats are told as
 * strangers here, by `redactChats`.
 *
 *     npx tsx examples/pino.ts
 */
import { createEmulator } from "@sendonce/emulator";
import { createGuard, install, redactChats } from "@sendonce/grammy";
import { Api } from "grammy";
import pino from "pino";

const telegram = createEmulator();
await telegram.listen();

// Yours is `pino()`: this one leaves out time, process and host, so that it prints the same everywhere.
const logger = pino({ level: "debug", base: null, timestamp: false });

const secret = "any text; in a bot of yours: process.env.LOG_SECRET";
const guard = createGuard({ logger: redactChats(logger, secret) });
const api = install(new Api("4242:token", { apiRoot: telegram.url }), guard);

await api.sendMessage(5, "Your order is on its way.");
await api.sendMessage(5, "Your order is on its way.");
telegram.fault({ method: "sendMessage", kind: "cut-after" });
await api.sendMessage(6, "Paid.").catch(() => {});

await guard.close();
await telegram.close();

/* Prints:
{"level":20,"event":"keyChecked","bot":"4242","method":"sendMessage","chat":"#gO8VkVhqnNKL","key":"cIbdFHb7tSP18AJE0I7qPUB","scope":"content","duplicate":false,"found":"new","msg":"idempotency check: new"}
{"level":20,"event":"limitChecked","bot":"4242","method":"sendMessage","chat":"#gO8VkVhqnNKL","key":"cIbdFHb7tSP18AJE0I7qPUB","scope":"content","allowed":true,"rules":["chat","global"],"remaining":{"chat":19,"global":29},"msg":"rate-limit check: allowed"}
{"level":20,"event":"sent","bot":"4242","method":"sendMessage","chat":"#gO8VkVhqnNKL","key":"cIbdFHb7tSP18AJE0I7qPUB","scope":"content","attempts":1,"waitedMs":0,"msg":"sent"}
{"level":20,"event":"keyChecked","bot":"4242","method":"sendMessage","chat":"#gO8VkVhqnNKL","key":"cIbdFHb7tSP18AJE0I7qPUB","scope":"content","duplicate":true,"found":"done","msg":"idempotency check: duplicate (done)"}
{"level":40,"event":"warning","warning":"repeat","msg":"sendonce: the same message was asked for twice outside an update and went out once. If both were meant, give each its own key: delivery({ key }); to forget sooner, set idempotency.ttlMs"}
{"level":30,"event":"replayed","bot":"4242","method":"sendMessage","chat":"#gO8VkVhqnNKL","key":"cIbdFHb7tSP18AJE0I7qPUB","scope":"content","attempts":0,"waitedMs":0,"msg":"duplicate: not sent again"}
{"level":20,"event":"keyChecked","bot":"4242","method":"sendMessage","chat":"#w1YyuE53ftLA","key":"cgyEz52scu4zK7QRGiYIn5x","scope":"content","duplicate":false,"found":"new","msg":"idempotency check: new"}
{"level":20,"event":"limitChecked","bot":"4242","method":"sendMessage","chat":"#w1YyuE53ftLA","key":"cgyEz52scu4zK7QRGiYIn5x","scope":"content","allowed":true,"rules":["chat","global"],"remaining":{"chat":19,"global":29},"msg":"rate-limit check: allowed"}
{"level":50,"event":"failed","bot":"4242","method":"sendMessage","chat":"#w1YyuE53ftLA","key":"cgyEz52scu4zK7QRGiYIn5x","scope":"content","attempts":1,"waitedMs":0,"outcome":"unknown","msg":"ambiguous: outcome unknown, not repeated"}
{"level":30,"event":"closed","unfinished":0,"msg":"closed"}
*/
