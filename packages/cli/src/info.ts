import type { Redis } from "ioredis";

/** Fields of INFO by name; undefined where the user may not ask. */
export type Info = ReadonlyMap<string, string>;

/** Reads sections of INFO. */
export async function infoOf(node: Redis, ...sections: string[]): Promise<Info | undefined> {
  const fields = new Map<string, string>();
  for (const section of sections) {
    const text = await node.info(section).catch(orNotAllowed);
    if (text === undefined) return undefined;
    for (const [, name, value] of text.matchAll(/^(\w+):([^\r\n]*)/gm)) fields.set(name!, value!);
  }
  return fields;
}

/** Undefined where the server does not let this user ask; any other failure is one. */
export function orNotAllowed(error: unknown): undefined {
  if (/NOPERM/.test(String((error as Error)?.message))) return undefined;
  throw error;
}
