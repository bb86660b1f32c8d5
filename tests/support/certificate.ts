import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAllFiles } from "./cleanup.ts";

export const canMakeCertificates = Bun.which("openssl") !== null;
if (!canMakeCertificates)
  process.stderr.write("SKIPPED: tests with certificates, as openssl is not installed (Debian: openssl)\n");

/** A certificate for a name, and the authority that signed it, as PEM. `caFile` is the authority's file. */
export interface Certificate {
  cert: string;
  key: string;
  ca: string;
  caFile: string;
}

/** Makes an authority, and its certificate for the names. An IP address is written as `IP:127.0.0.1`. */
export function makeCertificate(...names: string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "confab-certificate-"));
  afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { success, stderr } = Bun.spawnSync(["openssl", ...args], { stderr: "pipe", stdout: "ignore" });
    if (!success) throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2", "-subj", "/CN=test");
  openssl("req", ...newKey, "-keyout", at("key"), "-out", at("csr"), "-subj", "/CN=test");
  const list = names.map((name) => (name.includes(":") ? name : `DNS:${name}`)).join(",");
  writeFileSync(at("names"), `subjectAltName=${list}`);
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", at("csr"), ...signed, "-out", at("cert"), "-extfile", at("names"));
  const read = (name: string) => readFileSync(at(name), "utf8");
  return { cert: read("cert"), key: read("key"), ca: read("ca.pem"), caFile: at("ca.pem") };
}
