import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A pipe before the local Telegram that shows every byte that bots put on the wire. */
export class Tap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #chunks: Buffer[] = [];

  private constructor(port: number, onBytes: () => void) {
    this.#server = createServer((client) => {
      const telegram = connect(port, "127.0.0.1");
      this.#join(client, telegram);
      client.on("data", (chunk) => this.#chunks.push(chunk));
      for (const end of [client, telegram]) end.on("data", onBytes).on("close", onBytes);
      onBytes();
    });
  }

  /** @param onBytes told whenever something moves, in either direction */
  static async before(url: string, onBytes: () => void): Promise<Tap> {
    const tap = new Tap(Number(new URL(url).port), onBytes);
    await new Promise<void>((resolve) => tap.#server.listen(0, "127.0.0.1", resolve));
    return tap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All that bots have sent since `from`, heads and bodies. */
  text(from = 0): string {
    return Buffer.concat(this.#chunks).toString("latin1").slice(from);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Either end's death is the other's; an orderly end lets what is on its way arrive. */
  #join(client: Socket, telegram: Socket): void {
    client.pipe(telegram);
    telegram.pipe(client);
    for (const [one, other] of [
      [client, telegram],
      [telegram, client],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => {});
      one.on("close", (broken) => {
        this.#sockets.delete(one);
        if (broken) other.destroy();
        else other.end();
      });
    }
  }
}
