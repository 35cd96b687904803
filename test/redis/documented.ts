import { readFileSync } from "node:fs";

/** What docs/redis.md tells people to write: the tests try these very lines. */
const page = (): string => readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");

/** The ACL lines of the page. */
export function permissions() {
  const [narrowest = "", caps = "", publish = "", replicas = ""] = [
    ...page().matchAll(/^```\n(.+)\n```$/gm),
  ].map(([, line]) => line!);
  const inOrder = caps.includes("+zadd") && publish.includes("+publish") && replicas === "+wait";
  if (narrowest.startsWith("user sendonce ") && inOrder) return { narrowest, caps, publish, replicas };
  throw new Error("docs/redis.md: its four ACL lines have changed their order or their form");
}
