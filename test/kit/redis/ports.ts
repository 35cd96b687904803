import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that systems hand out to outgoing connections: so nobody takes a server's port while it
 * is down, and a client that knocks there never connects to itself. A Cluster node's bus, 10,000 higher,
 * is below them too.
 */
const lowest = 12_000;
const highest = 22_000;

const taken = new Set<number>();

/** A port of 127.0.0.1 that is free, as is the one 10,000 above it; not given twice by one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (taken.has(port)) continue;
    taken.add(port);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
