/** A JSON object as it goes over the wire. */
export type Json = Record<string, unknown>;

/** Leaves out the members that are undefined. */
export function present<T extends Json>(object: T): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** A small stable number from a text: ids that must come out alike in every run. */
export function stableNumber(text: string, below: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash % below;
}
