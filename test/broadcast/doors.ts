import { Readable } from "node:stream";
import type { Broadcast, BroadcastOptions, GuardOptions, MessageFor, Recipient } from "@sendonce/core";
import type { Emulator } from "@sendonce/emulator";
import * as sendonceGrammy from "@sendonce/grammy";
import * as sendonceTelegraf from "@sendonce/telegraf";
import { InputFile } from "grammy";
import { telegrafAt } from "../kit/telegraf.js";
import { botAt } from "../kit/telegram.js";

/** One framework: its bot, its files, and the adapter's `broadcast`. */
export interface Door {
  readonly name: string;
  /** Broadcasts by a bot of its own, guarded unless told otherwise. */
  open(emulator: Emulator, options?: GuardOptions): Opened;
  /** Broadcasts by a bot that nobody guards. */
  unguarded(emulator: Emulator): Opened;
  bytes(data: Uint8Array): object;
  path(path: string): object;
  stream(data: Uint8Array): object;
}

/** An adapter's `broadcast` with its bot filled in. */
export type Opened = <R extends Recipient>(
  recipients: Iterable<R> | AsyncIterable<R>,
  message: MessageFor<R>,
  options: BroadcastOptions<R>,
) => Broadcast;

/** The scenarios below are run through each. */
export const doors: readonly Door[] = [
  {
    name: "grammY",
    open(emulator, options) {
      const bot = sendonceGrammy.install(botAt(emulator), options);
      return (...args) => sendonceGrammy.broadcast(bot, ...args);
    },
    unguarded(emulator) {
      const bot = botAt(emulator);
      return (...args) => sendonceGrammy.broadcast(bot, ...args);
    },
    bytes: (data) => new InputFile(data, "cat.png"),
    path: (path) => new InputFile(path),
    stream: (data) => new InputFile(Readable.from([data]), "cat.png"),
  },
  {
    name: "Telegraf",
    open(emulator, options) {
      const bot = sendonceTelegraf.install(telegrafAt(emulator), options);
      return (...args) => sendonceTelegraf.broadcast(bot, ...args);
    },
    unguarded(emulator) {
      const bot = telegrafAt(emulator);
      return (...args) => sendonceTelegraf.broadcast(bot, ...args);
    },
    bytes: (data) => ({ source: Buffer.from(data), filename: "cat.png" }),
    path: (path) => ({ source: path }),
    stream: (data) => ({ source: Readable.from([Buffer.from(data)]), filename: "cat.png" }),
  },
];
