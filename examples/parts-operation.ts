/**
 * A webhook that a payment provider delivers twice, and sometimes at the same time: the order is booked once.
 * `IdempotencyGuard` works alone, for any operation; with a Redis store, for all processes.
 *
 *     npx tsx examples/parts-operation.ts
 */
import { IdempotencyGuard } from "@sendonce/core";

const idempotency = new IdempotencyGuard({ ttlMs: 24 * 3_600_000 });

interface Payment {
  readonly provider: string;
  readonly id: number;
}

async function onPayment(payment: Payment, book: () => Promise<string>): Promise<string> {
  const key = idempotency.generateKey(["payment", payment]); // whatever the order of its fields
  const start = await idempotency.markOperationStart<string>(key);
  if (!start.started) return `${start.status}${start.result ? ` as ${start.result}` : ""}`;
  let booking: string;
  try {
    booking = await book();
  } catch (error) {
    // The database said no: nothing was booked, so the next delivery may try. After a timeout, where nobody
    // knows, it would be { unknown: true }: then nothing happens again until somebody has looked.
    await idempotency.markOperationFailed(key, start.owner);
    return `failed: ${(error as Error).message}`;
  }
  // Outside the `try`: a store that is away now is no reason to say that nothing was booked.
  await idempotency.markOperationComplete(key, start.owner, booking);
  return `booked as ${booking}`;
}

let booked = 0;
const book = async () => `booking-${++booked}`;
const refuse = async () => Promise.reject(new Error("database is read-only"));

console.log("first: ", await onPayment({ provider: "acme", id: 7 }, refuse));
const [second, third] = await Promise.all([
  onPayment({ provider: "acme", id: 7 }, book),
  onPayment({ id: 7, provider: "acme" }, book),
]);
console.log("second:", second);
console.log("third: ", third);
console.log("fourth:", await onPayment({ provider: "acme", id: 7 }, book));

/* Prints:
first:  failed: database is read-only
second: booked as booking-1
third:  processing
fourth: completed as booking-1
*/
