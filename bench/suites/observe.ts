import type { RedisServer } from "../../test/kit/redis/server.js";
import { runApart } from "../kit/process.js";

/** A guarded send that nobody watches against one that logs and metrics watch. */
export function observe({ url }: RedisServer): Promise<object[]> {
  return runApart("observers", [url]);
}
