import type { Redis } from "ioredis";

/** What a server has done so far. */
export interface ServerFigures {
  readonly bytes: number;
  readonly cpuUs: number;
  readonly usedMemory: number;
}

export async function serverFigures(redis: Redis): Promise<ServerFigures> {
  const info = await redis.info("all");
  const figure = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? 0);
  return {
    bytes: figure("total_net_input_bytes") + figure("total_net_output_bytes"),
    cpuUs: (figure("used_cpu_user_main_thread") + figure("used_cpu_sys_main_thread")) * 1e6,
    usedMemory: figure("used_memory"),
  };
}
