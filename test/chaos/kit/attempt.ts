import { deliveryOf, isSendonceRefusal } from "@sendonce/grammy";
import { GrammyError, HttpError } from "grammy";
import type { Ending, History } from "./history.js";

/** What came of one try. */
export interface Attempted {
  readonly ending: Ending;
  /** Code of the refusal or of Telegram's error. */
  readonly note?: string;
}

/** Tries an operation through a guarded grammY bot and writes down what the caller is told. */
export async function attempt(
  history: History,
  operation: string,
  send: () => Promise<unknown>,
): Promise<Attempted> {
  history.invoke(operation);
  const attempted = await send().then(sent, failed);
  history.end(operation, attempted.ending, attempted.note);
  return attempted;
}

const sent = (result: unknown): Attempted => ({ ending: deliveryOf(result)?.replayed ? "replayed" : "ok" });

/** As a careful caller reads an error: what is not certain is unknown. */
function failed(error: unknown): Attempted {
  if (isSendonceRefusal(error)) {
    const { code } = error.parameters.sendonce;
    return { ending: code === "ambiguous" ? "unknown" : "refused", note: code };
  }
  if (error instanceof GrammyError) {
    const note = `${error.error_code} ${error.description}`;
    return { ending: error.error_code < 500 ? "fail" : "unknown", note };
  }
  if (error instanceof HttpError) return { ending: "unknown", note: error.message };
  return { ending: "unknown", note: String(error) };
}
