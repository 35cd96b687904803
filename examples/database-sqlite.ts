/**
 * A change in a database, made once: a payment is told twice, at the same time, and by a process that dies between its
 * COMMIT and its word. SQLite here; in PostgreSQL it is `INSERT … ON CONFLICT DO NOTHING`.
 *
 *     npx tsx examples/database-sqlite.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { IdempotencyGuard } from "@sendonce/core";
import sqlite from "node-sqlite3-wasm";

const folder = await mkdtemp(join(tmpdir(), "accounts-"));
const db = new sqlite.Database(join(folder, "accounts.db"));
db.exec(`
  CREATE TABLE accounts (name TEXT PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0));
  CREATE TABLE booked (key TEXT PRIMARY KEY);
  INSERT INTO accounts VALUES ('Ann', 0);
`);

interface Payment {
  readonly id: number;
  readonly name: string;
  readonly cents: number;
}

/** All or nothing, and never twice: the key is written by the transaction that it names. */
function book(key: string, { name, cents }: Payment): number {
  db.exec("BEGIN IMMEDIATE");
  try {
    const { changes } = db.run("INSERT OR IGNORE INTO booked VALUES (?)", key);
    if (changes === 1) db.run("UPDATE accounts SET cents = cents + ? WHERE name = ?", [cents, name]);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
  return db.get("SELECT cents FROM accounts WHERE name = ?", name)?.cents as number;
}

/** Over a store that outlives the process, such as Redis. Were it lost all the same, the table would still know. */
const idempotency = new IdempotencyGuard({ ttlMs: 24 * 3_600_000 });

async function onPayment(payment: Payment): Promise<string> {
  const key = idempotency.generateKey(["payment", payment.id]);
  // The guard answers duplicates before they reach the database. Trying the unknown again is safe for what recognises
  // itself, as this transaction does; for a call of somebody's API it would not be.
  const start = await idempotency.markOperationStart<number>(key, { retryUnknown: true });
  if (!start.started) return `${start.status}, balance ${start.result ?? "not known yet"}`;
  let balance: number;
  try {
    balance = book(key, payment);
  } catch (error) {
    await idempotency.markOperationFailed(key, start.owner); // rolled back: the next one may try
    return `failed: ${(error as Error).message}`;
  }
  await idempotency.markOperationComplete(key, start.owner, balance);
  return `booked, balance ${balance}`;
}

// Everything above is code as you would write it. This is what happens to it:
const paid = { id: 1, name: "Ann", cents: 1_250 };
for (const answer of await Promise.all([onPayment(paid), onPayment(paid)]))
  console.log(`payment 1: ${answer}`);
console.log(`payment 1: ${await onPayment(paid)}`);

const refund = { id: 2, name: "Ann", cents: -2_000 };
console.log(`refund 2: ${await onPayment(refund)}`);

const last = { id: 3, name: "Ann", cents: 1_000 };
const key = idempotency.generateKey(["payment", last.id]);
await idempotency.markOperationStart(key, { leaseMs: 50 }); // as long as its process is believed to live
console.log(`payment 3: booked, balance ${book(key, last)}, and its process dies before it can say so`);
await pause(60);
console.log(`payment 3: ${await onPayment(last)}`);
console.log(`refund 2: ${await onPayment(refund)}`);
db.close();
await rm(folder, { recursive: true });

/* Prints:
payment 1: booked, balance 1250
payment 1: processing, balance not known yet
payment 1: completed, balance 1250
refund 2: failed: CHECK constraint failed: cents >= 0
payment 3: booked, balance 2250, and its process dies before it can say so
payment 3: booked, balance 2250
refund 2: booked, balance 250
*/
