import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { warden } from "./warden.js";

/** Certificates of a private authority, good for 127.0.0.1 and localhost. */
export interface Certificates {
  /** What a client hands to `tls.connect`, or to ioredis as `tls`; key and certificate are for "mutual". */
  readonly client: { readonly ca: string; readonly cert: string; readonly key: string };
  /** Where the PEM files are, for programs that want paths. */
  readonly files: Readonly<Record<"ca" | "serverCert" | "serverKey" | "clientCert" | "clientKey", string>>;
}

let made: Certificates | undefined;

/** The certificates of this process, made by the openssl of the machine at the first call. */
export function certificates(): Certificates {
  made ??= make(mkdtempSync(join(warden().folder, "tls-")));
  return made;
}

function make(folder: string): Certificates {
  const file = (name: string) => join(folder, name);
  const files = {
    ca: file("ca.crt"),
    serverCert: file("server.crt"),
    serverKey: file("server.key"),
    clientCert: file("client.crt"),
    clientKey: file("client.key"),
  };
  const sign = (name: string, cert: string, key: string) => {
    const request = file(`${name}.csr`);
    const names = file(`${name}.names`);
    writeFileSync(names, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    openssl(["req", "-new", ...newKey, "-keyout", key, "-subj", `/CN=${name}`, "-out", request]);
    const authority = ["-CA", files.ca, "-CAkey", file("ca.key"), "-set_serial", `${name.length}`];
    openssl(["x509", "-req", "-in", request, ...authority, ...days, "-extfile", names, "-out", cert]);
  };
  const authority = ["-keyout", file("ca.key"), "-subj", "/CN=sendonce tests", "-out", files.ca];
  openssl(["req", "-x509", ...newKey, ...days, ...authority]);
  sign("server", files.serverCert, files.serverKey);
  sign("a-client", files.clientCert, files.clientKey);
  const pem = (path: string) => readFileSync(path, "utf8");
  return { client: { ca: pem(files.ca), cert: pem(files.clientCert), key: pem(files.clientKey) }, files };
}

const days = ["-days", "2"];
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(args: readonly string[]): void {
  try {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (cause) {
    throw new Error('Tests of TLS need the openssl program: install it, as with "apt-get install openssl".', {
      cause,
    });
  }
}
