import type { Redis } from "ioredis";
import { addressOf, type Session } from "../connect/session.js";
import type { Context } from "../context.js";
import { clusterState } from "../doctor/cluster-state.js";
import { factsOf } from "../doctor/facts.js";
import { type Finding, ok, type Verdict } from "../doctor/finding.js";
import { judgements } from "../doctor/judgements.js";
import { permissions } from "../doctor/permissions.js";
import { roundTrip } from "../doctor/round-trip.js";
import { exitCodes } from "../exit.js";
import type { Screen } from "../screen.js";

/** A finding, and which node of a Cluster it is about. */
type Located = Finding & { readonly node?: string };

/** Looks at everything that has ever kept Sendonce from working, and says what to change. */
export async function doctor(context: Context): Promise<number> {
  const { session, screen } = context;
  const findings = await findingsOf(session);
  const problems = findings.filter(({ verdict }) => verdict === "problem").length;
  screen.show({ redis: session.target.name, problems, findings }, () =>
    [...findings.map((finding) => inWords(finding, screen)), "", conclusion(findings, problems)].join("\n"),
  );
  return problems > 0 ? exitCodes.problem : exitCodes.fine;
}

async function findingsOf(session: Session): Promise<Located[]> {
  const { target } = session;
  const masters = session.masters();
  const findings: Located[] = [
    ok("connection", `${target.name}, user ${target.user}, ${target.tls ? "TLS" : "no TLS"}`),
  ];
  if (session.isCluster)
    findings.push(await clusterState({ masters: () => masters, nodes: masters.map(addressOf).join(", ") }));
  for (const node of masters) {
    const where = session.isCluster ? { node: addressOf(node) } : {};
    for (const finding of await ofNode(node, target.user, node === masters[0]))
      findings.push({ ...finding, ...where });
  }
  findings.push(await roundTrip(session));
  return findings;
}

async function ofNode(node: Redis, user: string, first: boolean): Promise<Finding[]> {
  const facts = await factsOf(node, user);
  const judged = judgements.map((judge) => judge(facts));
  // Users are the same on every node of a Cluster, or should be; the probe's key lives on one.
  return first ? [...judged, ...(await permissions(node, facts.user))] : judged;
}

const signs: Readonly<Record<Verdict, string>> = {
  ok: "ok",
  note: "note",
  problem: "PROBLEM",
  unknown: "unknown",
};

function inWords({ check, verdict, says, remedy, node }: Located, { paint }: Screen): string {
  const colour = { ok: paint.green, note: paint.yellow, problem: paint.red, unknown: paint.yellow }[verdict];
  const line = `${colour(signs[verdict].padEnd(7))}  ${check.padEnd(11)}  ${node ? `${node}: ` : ""}${says}`;
  return remedy === undefined ? line : `${line}\n${" ".repeat(22)}→ ${remedy}`;
}

function conclusion(findings: readonly Finding[], problems: number): string {
  const notes = findings.filter(({ verdict }) => verdict === "note" || verdict === "unknown").length;
  if (problems === 0) return notes === 0 ? "no problems" : `no problems, ${notes} to know about`;
  return `${problems} ${problems === 1 ? "problem" : "problems"}`;
}
