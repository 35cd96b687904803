import type { StoreHealth } from "../store/port.js";

/** What INFO tells of a server's health; nothing of what it leaves out. */
export function toldByInfo(info: string): Omit<StoreHealth, "nowUs"> {
  const field = (name: string) => new RegExp(`^${name}:([^\\r\\n]*)`, "m").exec(info)?.[1];
  const maxMemoryBytes = Number(field("maxmemory")) || undefined;
  const role = field("role");
  return {
    serverVersion: field("valkey_version") ?? field("redis_version"),
    role: role === "slave" ? "replica" : role === "master" ? "master" : undefined,
    usedMemoryBytes: Number(field("used_memory")) || undefined,
    maxMemoryBytes,
    // Without a limit nothing is thrown away, whatever the policy.
    evictionPolicy: maxMemoryBytes === undefined ? undefined : field("maxmemory_policy"),
  };
}
