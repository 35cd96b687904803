import { expect, vi } from "vitest";
import type { RedisServer } from "./server.js";

/**
 * Until a replica acknowledges what its master writes: one that has just been copied to is online, and acknowledges
 * nothing in its first second.
 */
export async function untilCopied(master: RedisServer): Promise<void> {
  const client = master.client();
  const acknowledged = async () => {
    await client.set("copied", 1);
    expect(await client.wait(1, 100)).toBe(1);
  };
  await vi.waitFor(acknowledged, { timeout: 5_000 });
  await client.del("copied");
}
