import { describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { sendFiles, uploadFile } from "../support/sent-files.ts";
import { withServer } from "../support/server.ts";
import { beginUpload, sendPart } from "../support/tus.ts";
import { expectThrottled } from "./expectations.ts";

const file = (name: string) => ({ name, bytes: new Uint8Array(Buffer.from(name)) });

describe("limits on files", () => {
  const server = withServer("embedded", {
    RATE_LIMIT_FILES: "12/minute",
    RATE_LIMIT_UPLOADS: "3/minute",
    RATE_LIMIT_USER: "60/minute",
  });
  const codes = async (count: number, ask: () => Promise<{ status: number }>) => {
    const seen: number[] = [];
    for (let n = 0; n < count; n++) seen.push((await ask()).status);
    return seen;
  };
  const post = (person: Client) => person.post("/api/files/?name=a.txt", new Uint8Array([1]));

  test("RATE_LIMIT_UPLOADS counts new files of a user, in one request or by tus, and not their parts", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    expect(await codes(2, () => post(ann))).toEqual([201, 201]);
    const path = await beginUpload(ann, 3);
    expectThrottled(await post(ann));
    await expect(beginUpload(ann, 3)).rejects.toThrow("429");
    for (const offset of [0, 1, 2]) expect((await sendPart(ann, path, offset, new Uint8Array([1]))).status).toBe(204);
    expect((await post(bob)).status).toBe(201);
  });

  test("RATE_LIMIT_FILES counts every request for files of a user, and RATE_LIMIT_USER none of them", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const id = await uploadFile(ann, file("a.txt"));
    expect(await codes(10, () => ann.get(`/api/files/${id}/`))).toEqual(Array(10).fill(200));
    expectThrottled(await ann.get(`/api/files/${id}/`));
    expectThrottled(await post(ann));
    expect(await codes(50, () => ann.get("/api/users/profile/"))).toEqual(Array(50).fill(200));
    expect((await bob.get(`/api/files/${id}/`)).status).toBe(404);
  });
});

describe("the origin of files", () => {
  const server = withServer("embedded", { FILES_ORIGIN: "http://files.localhost:1" });
  /** As a proxy passes on what comes to that host. */
  const there = (url: string, headers: Record<string, string> = {}) => {
    const { pathname, search } = new URL(url);
    return fetch(server.url + pathname + search, { headers: { Host: "files.localhost:1", ...headers } });
  };

  test("signed addresses are there, and end with the right to read", async () => {
    const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    const { id } = await ann.conversation([bob, cid], "Group");
    const message = await sendFiles(ann, id, [file("secret.txt")]);
    const [sent] = message.files ?? [];
    const address = async (person: Client): Promise<string> =>
      (await person.post(`/api/files/${sent?.id}/address/`)).body.data.url;
    const [ofBob, ofCid] = [await address(bob), await address(cid)];
    expect(ofBob).toStartWith("http://files.localhost:1/api/files/");
    for (const url of [ofBob, ofCid]) expect(await (await there(url)).text()).toBe("secret.txt");
    await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`);
    expect((await there(ofBob)).status).toBe(404);
    await cid.delete(`/api/chat/conversations/${id}/participants/${cid.id}/`);
    expect((await there(ofCid)).status).toBe(404);
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [bob.id] });
    expect(await (await there(ofBob)).text()).toBe("secret.txt");
    await ann.delete(`/api/chat/conversations/${id}/messages/${message.id}/`);
    expect((await there(ofBob)).status).toBe(404);
  });

  test("nothing else is there, also with a login", async () => {
    const ann = await server.person("Ann");
    const id = await uploadFile(ann, file("own.txt"));
    const cookie = { Cookie: `sessionid=${ann.cookie}` };
    for (const path of [`/api/files/${id}/own.txt`, `/api/files/${id}/`, "/api/users/profile/", "/", "/ws/"])
      expect({ path, status: (await there(server.url + path, cookie)).status }).toEqual({ path, status: 404 });
    expect((await ann.get(`/api/files/${id}/`)).status).toBe(200);
  });
});
