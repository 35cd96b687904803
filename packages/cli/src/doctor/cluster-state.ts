import type { Session } from "../connect/session.js";
import { type Finding, ok, problem, unknown } from "./finding.js";

/** Whether every slot of a Cluster is served. */
export async function clusterState({
  masters,
  nodes,
}: {
  masters: Session["masters"];
  nodes: string;
}): Promise<Finding> {
  const text = String(
    (await masters()[0]
      ?.cluster("INFO")
      .catch(() => "")) ?? "",
  );
  const value = (name: string) => new RegExp(`${name}:(\\w+)`).exec(text)?.[1];
  const state = value("cluster_state");
  if (state === undefined) return unknown("cluster", "<user>", "+cluster|info");
  const served = Number(value("cluster_slots_ok") ?? 0);
  if (state === "ok" && served === 16_384) return ok("cluster", `all 16384 slots are served, by ${nodes}`);
  return problem(
    "cluster",
    `state ${state}, ${served} of 16384 slots served: bots whose slot is not served cannot send`,
    "redis-cli --cluster check HOST:PORT shows the gap, redis-cli --cluster fix HOST:PORT closes it",
  );
}
