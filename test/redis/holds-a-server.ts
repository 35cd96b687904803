import { startRedis } from "../kit/redis/server.js";

/** Starts a server, says so, and never stops it: for the law that a killed run leaves nothing behind. */
const { pid, port, dir } = await startRedis();
process.stdout.write(`${JSON.stringify({ pid, port, dir })}\n`);
