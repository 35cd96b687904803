import { provideRedis, RedisMissing } from "./provide.js";

/**
 * Installs a missing Redis before the first test, whose timeout it would eat. Where that cannot be done,
 * the tests that need one fail with the remedy, and the others run.
 */
export default async function setup(): Promise<void> {
  await provideRedis().catch((error: unknown) => {
    if (!(error instanceof RedisMissing)) throw error;
  });
}
