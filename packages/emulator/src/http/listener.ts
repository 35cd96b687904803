import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { type Line, socketLine } from "./line.js";

/** The emulator's port on 127.0.0.1. */
export class Listener {
  readonly #listen: (port: number) => Promise<Server>;
  #server: Server | undefined;
  #port = 0;

  constructor(app: (request: Request, line: Line) => Response | Promise<Response>) {
    const onRequest = getRequestListener(
      (request, env) => {
        const { incoming, outgoing } = env as HttpBindings;
        return app(request, socketLine(incoming, outgoing));
      },
      { overrideGlobalObjects: false, hostname: "127.0.0.1" },
    );
    this.#listen = (port) => listening(createServer({ keepAliveTimeout: 60_000 }, onRequest), port);
  }

  /** Where it listens; undefined when it does not. */
  get url(): string | undefined {
    return this.#server && `http://127.0.0.1:${this.#port}`;
  }

  /** Opens the port; 0 for any free one. @throws when it is taken, or when it listens already */
  async open(port: number): Promise<string> {
    if (this.#server) throw new Error(`the emulator listens already, at ${this.url}`);
    this.#server = await this.#listen(port);
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.url!;
  }

  /** Refuses new connections until the promise ends, then opens the same port again. */
  async refuse(until: Promise<unknown>): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await until;
    server.closeAllConnections();
    await stopped;
    if (this.#server === server) this.#server = await this.#listen(this.#port);
  }

  /** Closes the port and every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server?.listening) return;
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await stopped;
  }
}

function listening(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
