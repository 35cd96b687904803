import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A load balancer that hands each request to the next process; a process that is gone costs that request. */
export class RoundRobin {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Opens it before `ports`, on a port of its own. */
  static async before(ports: readonly number[]): Promise<RoundRobin> {
    let turn = 0;
    const server = createServer((request, response) => {
      const { method, headers, url: path } = request;
      const port = ports[turn++ % ports.length];
      const onward = httpRequest({ host: "127.0.0.1", port, method, headers, path });
      onward.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new RoundRobin(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
