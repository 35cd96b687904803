import type { Admission, RecordView } from "../store/port.js";
import type { DuplicateCheck, OperationStart } from "./operation.js";

/** What a record says to who only asks. */
export function checkOf<Result>(view: RecordView): DuplicateCheck<Result> {
  switch (view.state) {
    case "done":
      return { duplicate: true, status: "completed", ...resultOf<Result>(view.result) };
    case "ambiguous":
      return { duplicate: true, status: "unknown" };
    default:
      return { duplicate: true, status: "processing" };
  }
}

/** What the store answered to who wanted to start and may not. */
export function refusalOf<Result>(admission: Admission): OperationStart<Result> {
  switch (admission.status) {
    case "done":
      return { started: false, status: "completed", ...resultOf<Result>(admission.result) };
    case "ambiguous":
      return { started: false, status: "unknown" };
    default:
      return { started: false, status: "processing" };
  }
}

/** A result as it is stored. It is done, whatever its result holds: that must not be lost. */
export function jsonOf(result: unknown): string | undefined {
  try {
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}

/** What somebody else has written over it tells nothing, and an error would quote it. */
function resultOf<Result>(json: string | undefined): { result?: Result } {
  if (json === undefined) return {};
  try {
    return { result: JSON.parse(json) as Result };
  } catch {
    return {};
  }
}
