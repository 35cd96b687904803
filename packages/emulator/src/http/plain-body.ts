import { promisify } from "node:util";
import { unzip } from "node:zlib";
import { ApiError, badRequest } from "../world/api-error.js";

const unzipped = promisify(unzip);

/** Far above what Telegram takes as parameters; a small body that unpacks to more is no request. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * The bytes of a body. Telegram takes packed ones too, and some clients send them: under Bun, Telegraf's are.
 *
 * @throws 415 for an encoding that Telegram does not know, 400 for bytes that are none of it
 */
export async function plainBody(request: Request): Promise<Buffer> {
  const bytes = Buffer.from(await request.arrayBuffer());
  const encoding = request.headers.get("content-encoding") ?? "";
  if (encoding === "") return bytes;
  if (encoding !== "gzip" && encoding !== "deflate")
    throw new ApiError(415, "Unsupported Media Type: unsupported content-encoding");
  return unzipped(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }).catch(() => {
    throw badRequest("can't unpack the body");
  });
}
