// For everybody

export type { Clock } from "./clock.js";
export { createEmulator, type Emulator, type EmulatorOptions } from "./emulator.js";
export type { Environment, WebhookHandler, WebhookOptions } from "./environment.js";
export type { Fault, FaultEffect, FaultHandle, FaultTarget } from "./faults/fault.js";
// For clients in this process
export type { EmulatorFetch, EmulatorFetchInit } from "./http/in-process.js";

// What happened
export type { Ledger, RecordFilter } from "./ledger/ledger.js";
export type { Delivery, Doubled, Received, RequestRecord } from "./ledger/records.js";
export type { BucketRule, Limits, LimitsOption, WindowRule } from "./limits/numbers.js";
export type { RestartOptions } from "./serving/bot-server.js";
// People, chats and updates
export type { Migration } from "./updates/migration.js";
export type { Saying } from "./updates/say.js";
export type { WebhookResponse } from "./updates/transport.js";
export type { EmulatedUpdate } from "./updates/update.js";
export type { BotOption, BotRef } from "./world/bots.js";
export type { ChatRef, EmulatedChat } from "./world/chats.js";
