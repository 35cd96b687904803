import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import type { RawCall } from "../serving/bot-server.js";
import { badRequest } from "../world/api-error.js";
import { sha256, type Upload } from "../world/files.js";
import type { Json } from "../world/json.js";
import { plainBody } from "./plain-body.js";

/** The largest file that Telegram takes, bytes. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** Reads a call from the query and the body: JSON, form, or multipart. @throws 400 on a body that cannot be read */
export async function readCall(request: Request): Promise<RawCall> {
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const type = request.headers.get("content-type") ?? "";
  if (request.method === "GET" || request.method === "HEAD") return { params: query, uploads: new Map() };
  const body = await plainBody(request);
  if (type.startsWith("multipart/form-data")) {
    const { params, uploads } = await readMultipart(body, type);
    return { params: { ...query, ...params }, uploads };
  }
  const text = new TextDecoder().decode(body);
  const params = type.startsWith("application/x-www-form-urlencoded")
    ? Object.fromEntries(new URLSearchParams(text))
    : readJson(text);
  return { params: { ...query, ...params }, uploads: new Map() };
}

function readJson(text: string): Json {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // said below
  }
  throw badRequest("can't parse JSON object");
}

/** Frameworks write part headers in many ways, unquoted file names among them; Request.formData() refuses those. */
function readMultipart(body: Buffer, type: string): Promise<RawCall> {
  return new Promise((resolve, reject) => {
    const params: Json = {};
    const uploads = new Map<string, Upload>();
    const headers: BusboyHeaders = { "content-type": type };
    const parser = new Busboy({
      headers,
      isPartAFile: (_field, partType, name) => name !== undefined || partType === "application/octet-stream",
    });
    parser.on("field", (name, value) => {
      params[name] = value;
    });
    parser.on("file", (field, stream, filename) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const bytes = Buffer.concat(chunks);
        uploads.set(field, { filename, bytes, sha256: sha256(bytes) });
      });
    });
    parser.on("finish", () => resolve({ params, uploads }));
    parser.on("error", () => reject(badRequest("can't parse multipart form data")));
    parser.end(body);
  });
}

/** Whether the announced body is larger than Telegram takes. */
export const tooLarge = (request: Request) =>
  Number(request.headers.get("content-length") ?? 0) > MAX_FILE_BYTES + 1e6;
