import { type AddressInfo, createServer } from "node:net";

/**
 * A Bot API root where nobody listens. The port was free a moment ago: fixed ones such as 1 are refused by
 * fetch itself, before it connects.
 */
export async function nowhere(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
