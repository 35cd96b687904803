import type { Server } from "node:http";
import type { Guard, Store } from "@sendonce/core";
import type { Clock, Emulator } from "@sendonce/emulator";

export { readFileSync } from "node:fs";
export * as http from "node:http";
export { createServer } from "node:http";
export { redisStore } from "@sendonce/core/redis";
export { createEmulator } from "@sendonce/emulator";
export { Cluster, Redis } from "ioredis";
export { default as pino } from "pino";

/** What a reader has: a token, a Redis, people to write to. */
export declare const token: string;
export declare const tokens: readonly string[];
export declare const url: string;
export declare const admin: number;
export declare const chatId: number;
export declare const channel: string;
export declare const hour: number;
export declare const orderId: string;
export declare const users: readonly { chat_id: number; name: string }[];
export declare const subscribers: readonly number[];
export declare const total: number;
export declare const store: Store;
export declare const guard: Guard;
export declare const server: Server;
export declare const emulator: Emulator;
export declare const clock: Clock;
export declare const body: string;
export declare const headers: Record<string, string>;
export declare const update: { update_id: number; message: { chat: { id: number } } };
export declare const app: { get(path: string, handler: unknown): void };
export declare const db: { moveGroup(from: number, to: number): Promise<void> };
export declare function charge(order: string): Promise<{ receipt: string }>;
export declare function handle(update: unknown): Promise<void>;
export declare function isBig(file: unknown): boolean;
