import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { freePort } from "../kit/redis/ports.js";

/** A Redis that says of itself to be version 6.0: its answers come through a hand that rewrites that line. */
export async function oldRedis(target: { readonly port: number }): Promise<{ url: string; close(): void }> {
  const port = await freePort();
  const server: Server = createServer((client) => {
    const behind = connect({ host: "127.0.0.1", port: target.port });
    client.pipe(behind);
    behind.on("data", (bytes) => client.write(aged(bytes)));
    for (const socket of [client, behind]) {
      socket.on("error", () => {});
      socket.on("close", () => (socket === client ? behind : client).destroy());
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { url: `redis://127.0.0.1:${port}`, close: () => void server.close() };
}

/** As many letters as before, so that no length of the protocol changes. */
const aged = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes
      .toString("latin1")
      .replace(/(?<=redis_version:)[\d.]+/, (version) => "6.0.".padEnd(version.length, "9")),
    "latin1",
  );
