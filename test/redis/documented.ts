import { readFileSync } from "node:fs";

/** What docs/redis.md tells people to write: the tests try these very lines. */
export const page = (): string => readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");

/** The ACL lines of the page. */
export function permissions() {
  const [narrowest = "", caps = "", replicas = ""] = [...page().matchAll(/^```\n(.+)\n```$/gm)].map(
    ([, line]) => line!,
  );
  if (narrowest.startsWith("user sendonce ") && caps.includes("+zadd") && replicas === "+wait")
    return { narrowest, caps, replicas };
  throw new Error("docs/redis.md: its three ACL lines have changed their order or their form");
}
