import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { pixelsOf } from "../../src/server/platform/pictures/pixels.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { BLUE, type Colour, GREEN, picture, plain, RED } from "../support/pictures.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { dataOf, expectError, expectFaults, UNKNOWN_ID } from "./expectations.ts";

const AVATAR = "/api/users/me/avatar/";

/** The size of a picture and the colour in its middle, as the server answers with it. */
async function seen(person: Client, path: string) {
  const response = await fetch(person.url + path, { headers: { Cookie: `sessionid=${person.cookie}` } });
  if (response.status !== 200) return response.status;
  expect(response.headers.get("content-type")).toBe("image/webp");
  expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const png = Buffer.from(await new Bun.Image(await response.bytes()).png().bytes());
  const { width, height, bytes } = pixelsOf(png);
  const middle = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 4;
  return { width, height, colour: nearest([...bytes.subarray(middle, middle + 3)]) };
}

/** WebP changes colours a little. */
function nearest(rgb: number[]): Colour | undefined {
  return [RED, BLUE, GREEN].find((colour) => colour.every((part, i) => Math.abs(part - (rgb[i] ?? 0)) < 40));
}

inEachMode("pictures", (mode) => {
  const server = withServer(mode);
  const stored = () => {
    const folder = `${server.environment["DATA_DIR"]}/files`;
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  };

  test("a person's picture is the square in the middle, in two sizes", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const wide = picture(600, 300, (x) => (x < 150 ? RED : x < 450 ? GREEN : BLUE));
    const { avatar } = dataOf(await ann.put(AVATAR, wide), 200, "Picture changed");
    expect(await seen(bob, `/api/avatars/${avatar}?size=256`)).toEqual({ width: 256, height: 256, colour: GREEN });
    expect(await seen(bob, `/api/avatars/${avatar}`)).toEqual({ width: 64, height: 64, colour: GREEN });
    const { data } = (await bob.get("/api/users/list/")).body;
    expect(data.find(({ id }: { id: number }) => id === ann.id).avatar).toBe(avatar);
    expect(dataOf(await ann.get("/api/users/profile/")).avatar).toBe(avatar);
  });

  test("a small picture is not blown up", async () => {
    const ann = await server.person("Ann");
    const { avatar } = dataOf(await ann.put(AVATAR, plain(RED, 100)));
    expect(await seen(ann, `/api/avatars/${avatar}?size=256`)).toEqual({ width: 100, height: 100, colour: RED });
  });

  test("another picture replaces the first, whose bytes go", async () => {
    const ann = await server.person("Ann");
    const first = dataOf(await ann.put(AVATAR, plain(RED))).avatar;
    const second = dataOf(await ann.put(AVATAR, plain(BLUE))).avatar;
    expect(await seen(ann, `/api/avatars/${first}`)).toBe(404);
    expect(await seen(ann, `/api/avatars/${second}`)).toMatchObject({ colour: BLUE });
    expect(stored().some((name) => name.includes(first))).toBe(false);
    expect(dataOf(await ann.delete(AVATAR), 200, "Picture removed").avatar).toBeUndefined();
    expect(await seen(ann, `/api/avatars/${second}`)).toBe(404);
    expect(dataOf(await ann.delete(AVATAR)).avatar).toBeUndefined();
    expect(stored().some((name) => name.includes(second))).toBe(false);
  });

  test("a changed picture reaches the pages of people who share a conversation", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    await ann.conversation([bob]);
    const page = await bob.hub();
    const { avatar } = dataOf(await ann.put(AVATAR, plain(RED)));
    expect(await page.next("user")).toMatchObject({ user: { id: ann.id, avatar } });
    await ann.delete(AVATAR);
    expect((await page.next("user"))["user"]).not.toHaveProperty("avatar");
    page.close();
  });

  test("people find the pictures of those alone with whom they share a conversation", async () => {
    const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
    await ann.conversation([bob]);
    const { avatar } = dataOf(await ann.put(AVATAR, plain(RED)));
    const path = `/api/avatars/?ids=${ann.id},${bob.id},2147483647`;
    expect(dataOf(await bob.get(path))).toEqual([{ user_id: ann.id, avatar }]);
    expect(dataOf(await cat.get(path))).toEqual([]);
  });

  test("a group's picture is for its members alone, and leaves a line", async () => {
    const people = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")] as const;
    const [ann, bob, cat] = people;
    const outsider = await server.person("Dan");
    const group = await ann.conversation([bob, cat]);
    const path = `/api/chat/conversations/${group.id}/`;
    const page = await cat.hub();
    const live = await cat.chat(group.id);
    const changed: Conversation = dataOf(await bob.put(`${path}picture/`, plain(GREEN)), 200, "Picture changed");
    const { picture: id = "" } = changed;
    expect(await live.next("participants")).toMatchObject({ picture: id, line: { kind: "picture_changed" } });
    expect(dataOf(await cat.get(path)).picture).toBe(id);
    expect(await seen(cat, `${path}picture/${id}?size=256`)).toMatchObject({ width: 256, colour: GREEN });
    expect(await seen(outsider, `${path}picture/${id}`)).toBe(404);
    expect(await seen(cat, `/api/avatars/${id}`)).toBe(404);
    const lines = dataOf(await cat.get(`${path}messages/`)).lines;
    expect(lines).toMatchObject([{ kind: "picture_changed", user_id: bob.id }]);
    await cat.delete(`${path}participants/${cat.id}/`);
    expect(await seen(cat, `${path}picture/${id}`)).toBe(404);
    expectError(await outsider.put(`${path}picture/`, plain(RED)), 404);
    expectError(await outsider.delete(`${path}picture/`), 404);
    expect(dataOf(await ann.delete(`${path}picture/`)).picture).toBeUndefined();
    expect(await seen(ann, `${path}picture/${id}`)).toBe(404);
    const replayed = await ann.chat(group.id, 0);
    expect(await replayed.next("participants")).toMatchObject({ picture: id });
    for (const socket of [page, live, replayed]) socket.close();
  });

  test("a 1-on-1 has no picture of its own", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const before = stored().length;
    expectError(await ann.put(`/api/chat/conversations/${id}/picture/`, plain(RED)), 400, { code: "not_a_group" });
    expect(stored().length).toBe(before);
  });

  test("an admin removes the picture of a person, and the audit log has it", async () => {
    const [admin, ann] = [await superuser(server), await server.person("Ann")];
    const { avatar } = dataOf(await ann.put(AVATAR, plain(RED)));
    expectError(await ann.delete(`/api/admin/users/${ann.id}/avatar/`), 404);
    dataOf(await admin.delete(`/api/admin/users/${ann.id}/avatar/`), 200, "Picture removed");
    dataOf(await admin.delete(`/api/admin/users/${ann.id}/avatar/`), 200, "Picture removed");
    expect(await seen(ann, `/api/avatars/${avatar}`)).toBe(404);
    const entries = dataOf(await admin.get("/api/admin/audit/"));
    expect(entries.filter(({ action }: { action: string }) => action === "avatar_removed")).toHaveLength(1);
  });

  test("the server refuses a file that is no picture, a strip, or too large", async () => {
    const ann = await server.person("Ann");
    const refused = async (bytes: Uint8Array, status: number, code: string) =>
      expectError(await ann.put(AVATAR, bytes), status, { code });
    await refused(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), 400, "not_a_picture");
    await refused(Buffer.alloc(0), 400, "not_a_picture");
    await refused(plain(RED).subarray(0, 60), 400, "not_a_picture");
    await refused(
      picture(2200, 2, () => RED),
      400,
      "not_a_picture",
    );
    await refused(Buffer.alloc(10 * 1024 * 1024 + 1), 413, "picture_too_large");
    expectError(await ann.get(`/api/avatars/${UNKNOWN_ID}`), 404);
    expectError(await ann.get("/api/avatars/../../etc/passwd"), 404);
    expectError(await server.visitor().put(AVATAR, plain(RED)), 401);
    expect(dataOf(await ann.get("/api/users/profile/")).avatar).toBeUndefined();
  });

  test("a picture of a message comes smaller, as WebP, and only to its readers", async () => {
    const [ann, bob, dan] = [await server.person("Ann"), await server.person("Bob"), await server.person("Dan")];
    const { id } = await ann.conversation([bob]);
    const bytes = picture(1600, 900, (x, y) => (x + y < 900 ? GREEN : [x % 256, y % 256, (x * y) % 256]));
    const sent = dataOf(await ann.post("/api/files/?name=photo.png", bytes), 201);
    const file = dataOf(await ann.get(`/api/files/${sent.id}/?wait=30`));
    expect(file).toMatchObject({ type: "image/png", width: 1600, height: 900, state: "ready" });
    dataOf(await ann.post(`/api/chat/conversations/${id}/messages/`, { content: "", files: [file.id] }), 201);
    const path = `/api/files/${file.id}/photo.png`;
    const get = (person: Client, size: number) =>
      fetch(`${person.url}${path}?size=${size}`, { headers: { Cookie: `sessionid=${person.cookie}` } });
    for (const [size, height] of [
      [320, 180],
      [1280, 720],
    ] as const) {
      const answer = await get(bob, size);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/webp"]);
      expect(await new Bun.Image(await answer.bytes()).metadata()).toMatchObject({ width: size, height });
      expect((await get(dan, size)).status).toBe(404);
    }
    expectFaults(await bob.get(`${path}?size=999`), "size");
    expect(stored().filter((name) => name.includes(file.id))).toHaveLength(3);
  });
});
