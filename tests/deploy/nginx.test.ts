import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plain, RED } from "../support/pictures.ts";
import { freePort } from "../support/postgres.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { beginUpload, fileBytes, finishUpload, offsetOf, sendPart, slowly, someBytes } from "../support/tus.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(120_000);

const NGINX = Bun.which("nginx", { PATH: `${process.env["PATH"]}:/usr/sbin` });
if (!NGINX) process.stderr.write("SKIPPED: tests behind nginx, which is not installed (Debian: nginx-light)\n");

const MB = 1_000_000;

describe.skipIf(!NGINX)("behind nginx with deploy/nginx.conf", () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-nginx-"));
  let server: TestServer;
  let nginx: Bun.Subprocess | undefined;
  let url: string;
  let start: () => Promise<void>;
  const stop = async () => {
    nginx?.kill("SIGTERM");
    await nginx?.exited;
  };

  beforeAll(async () => {
    server = await startTestServer("embedded", { TRUSTED_PROXIES: "1" });
    const [port, plainPort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    // Its workers are another user.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "body"), { mode: 0o777 });
    const site = readFileSync(join(import.meta.dir, "../../deploy/nginx.conf"), "utf8")
      .replace("127.0.0.1:8000", new URL(server.url).host)
      .replaceAll(/ +ssl_.*\n/g, "")
      .replace(/listen \[::\].*\n/g, "\n")
      .replace("listen 80;", `listen 127.0.0.1:${plainPort};`)
      .replace("listen 443 ssl http2", `listen 127.0.0.1:${port}`);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/body/${name};`,
    );
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
       http { access_log off; ${temporary.join(" ")}\n${site}\n}`,
    );
    start = async () => {
      nginx = Bun.spawn([NGINX ?? "", "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
        stdout: "ignore",
        stderr: "inherit",
      });
      await until(() =>
        fetch(`${url}/api/chat/health/`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    };
    await start();
  });
  afterAll(async () => {
    await stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("a large upload passes as it comes, and goes on after nginx was started again", async () => {
    const ann = (await server.person("Ann")).at(url);
    const bytes = someBytes(12 * MB);
    const path = await beginUpload(ann, bytes.length);
    const cut = sendPart(
      ann,
      path,
      0,
      slowly(bytes, MB / 2, 100, () => {}),
    ).then(
      () => "whole",
      () => "cut",
    );
    // The server has the first bytes while the client still sends.
    await until(async () => (await offsetOf(ann, path)) > 0);
    nginx?.kill("SIGKILL");
    await stop();
    expect(await cut).toBe("cut");
    await start();
    const kept = await finishUpload(ann, path, bytes);
    expect(kept).toBeWithin(1, bytes.length);
    expect(Bun.SHA256.hash(await fileBytes(ann, path), "hex")).toBe(Bun.SHA256.hash(bytes, "hex"));
  });

  test("pictures of people and groups may be as large as the server allows", async () => {
    const ann = (await server.person("Ann")).at(url);
    const { id } = await ann.conversation([await server.person("Bob"), await server.person("Cid")], "Group");
    // Bytes behind its end make a picture larger, and change nothing.
    const large = Buffer.concat([plain(RED), Buffer.alloc(9 * MB)]);
    for (const path of ["/api/users/me/avatar", `/api/chat/conversations/${id}/picture`])
      for (const slash of ["", "/"]) expect((await ann.put(path + slash, large)).status).toBe(200);
    const much = await fetch(`${url}/api/users/me/`, { method: "PUT", body: "x".repeat(200_000) });
    expect(much.status).toBe(413);
  });
});
