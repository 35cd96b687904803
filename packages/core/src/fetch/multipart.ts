/** A named parameter of a call: text, or a file. */
export type Entry = readonly [name: string, value: unknown];

/** A file in a multipart body: a view of its bytes, not a copy. */
export class FilePart {
  constructor(
    readonly data: Buffer,
    readonly filename: string | undefined,
  ) {}
}

const headersEnd = "\r\n\r\n";

/** The boundary in a content type, if it is one of multipart. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * The parts of a multipart body. Lenient, as Telegram is: clients leave out spaces and the quotes around file
 * names, which the platform's own parser refuses (Node 20: `form-data;name="a"` is an error to it). Nothing of
 * what is read here is sent, so that a part it misreads costs at most a fingerprint.
 *
 * @param complete false: the body goes on; its last part, which may be cut, is left out
 * @returns undefined for bytes that are no multipart
 */
export function multipartEntries(bytes: Buffer, boundary: string, complete: boolean): Entry[] | undefined {
  const opening = bytes.indexOf(`--${boundary}\r\n`);
  if (opening < 0) return undefined;
  const delimiter = `\r\n--${boundary}`;
  const entries: Entry[] = [];
  let from = opening + delimiter.length;
  for (;;) {
    const to = bytes.indexOf(delimiter, from);
    if (to < 0) return complete ? undefined : entries;
    const entry = partOf(bytes.subarray(from, to));
    if (entry) entries.push(entry);
    from = to + delimiter.length;
    if (bytes.toString("latin1", from, from + 2) === "--") return entries;
    from += 2;
  }
}

function partOf(part: Buffer): Entry | undefined {
  const end = part.indexOf(headersEnd);
  const headers = part.toString("utf8", 0, Math.max(0, end));
  const name = parameter(headers, "name");
  if (name === undefined) return undefined;
  const data = part.subarray(end + headersEnd.length);
  const filename = parameter(headers, "filename");
  const isFile = filename !== undefined || /^content-type:\s*application\/octet-stream/im.test(headers);
  return [name, isFile ? new FilePart(data, filename) : data.toString("utf8")];
}

/** `name="a"` or `name=a`, of the content's disposition. Without quotes a file's name ends with its line. */
function parameter(headers: string, name: string): string | undefined {
  const bare = name === "filename" ? "[^\\r\\n]*" : "[^;\\r\\n]*";
  const match = new RegExp(`^content-disposition:.*?;\\s*${name}=(?:"([^"]*)"|(${bare}))`, "im").exec(
    headers,
  );
  return match?.[1] ?? match?.[2];
}
