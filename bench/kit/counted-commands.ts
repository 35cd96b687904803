import { Redis } from "ioredis";

/** Counts what this process asks any Redis from now on: everybody here speaks through one copy of ioredis. */
export function counted(): () => number {
  let commands = 0;
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function sendCounted(...args) {
    commands++;
    return sendCommand.apply(this, args);
  };
  return () => commands;
}
