import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { onTestFinished } from "vitest";

/** Serves on a free port until the test ends. Answers the URL. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves a registry as a bot would. */
export const serveMetrics = (registry: Registry): Promise<string> =>
  serve(async (_request, response) => {
    const text = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
  });

type Labels = Readonly<Record<string, string>>;

/** What one scrape showed. */
export class Scraped {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static async from(url: string): Promise<Scraped> {
    return new Scraped(await (await fetch(url)).text());
  }

  /** The sum of all series of this name that have these labels. */
  sum(name: string, labels: Labels = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((pair) => line.includes(pair)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }
}
