import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Listener } from "./telegram.js";

/** A web server for a bot's webhook; a handler that fails is answered 500, as web frameworks do. */
export class WebhookServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on 127.0.0.1; port 0 is any free one. */
  static async open(listener: Listener, port = 0): Promise<WebhookServer> {
    const server = createServer(async (request, response) => {
      try {
        await listener(request, response);
      } catch {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      }
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new WebhookServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Calls a method of the Bot API that takes plain JSON, for the kit itself. */
export async function tell(apiRoot: string, token: string, method: string, params: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${apiRoot}/bot${token}/${method}`, {
    method: "POST",
    headers,
    body: JSON.stringify(params),
  });
  if (!response.ok) throw new Error(`${method} was answered ${response.status}`);
}
