import type { Upload } from "./files.js";
import type { Json } from "./json.js";

/** One Bot API call as the methods see it. */
export interface Call {
  /** Bot id. */
  bot: number;
  /** The method's name as the documentation spells it. */
  method: string;
  params: Json;
  /** Uploaded files by form field name. */
  uploads: ReadonlyMap<string, Upload>;
}
