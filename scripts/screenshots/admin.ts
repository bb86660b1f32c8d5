import type { Page } from "playwright-core";
import { on } from "../../tests/nodes/two-nodes.ts";
import { type Client, PASSWORD } from "../../tests/support/client.ts";
import { makePlace } from "../../tests/support/modes.ts";
import { openPage } from "../../tests/support/pages.ts";
import { startTestServer, type TestServer } from "../../tests/support/server.ts";
import { promote } from "../../tests/support/superuser.ts";
import { type Face, optionsOf, prepareLook } from "./faces.ts";
import type { Picture } from "./shots.ts";

/** How long people chat before the pictures are taken. The plots show this time. */
const CHATTING_MS = 3 * 60_000;
const PEOPLE = [
  ...["Amara Okafor", "Björn Lindqvist", "Chiara Rossi", "Dmitri Volkov", "Elif Yıldız", "Farid Haddad"],
  ...["Greta Vogel", "Hana Sato", "Ines Duarte", "Jonas Weber", "Karim Benali", "Leila Nasser"],
  ...["Nilufar Karimova", "Noor de Vries", "Oskar Nilsen", "Priya Raman"],
];
const GROUPS = ["Garden plans", "Release 0.2", "Lunch on Friday", "مجموعة الحي", "On call"];
const TEXTS = [
  "Shall we meet at the greenhouse on Saturday?",
  "The pump is repaired.",
  "I'll bring the seedlings,\nand the compost.",
  "BUY CHEAP WATCHES https://example.com/watches",
  "Who has the key to the shed?",
];

interface View extends Picture {
  path: string;
  act?(page: Page): Promise<void>;
}

/** Takes the pictures of the admin panel, on two nodes where people have chatted for some minutes. */
export async function takeAdmin(
  save: (name: string, png: Uint8Array) => Promise<void>,
  facesOf: (picture: Picture) => readonly Face[],
): Promise<Picture[]> {
  const place = await makePlace("redis");
  const settings = { ...place.environment, RATE_LIMIT_USER: "100000/minute" };
  const [one, two] = [await startTestServer("redis", settings), await startTestServer("redis", settings)];
  const root = await promote(one, await signUp(one, "Rosa Marín"));
  const people: Client[] = [];
  for (const name of PEOPLE) people.push(await signUp(one, name));
  const person = (i: number) => people[i % people.length] as Client;
  const groups = [];
  for (const [i, name] of GROUPS.entries())
    groups.push({ name, owner: person(i), id: (await person(i).conversation(people.slice(i, i + 4 + i), name)).id });
  await person(0).conversation([person(1)]);
  await person(4).conversation(people.slice(5, 9));
  const [garden = { id: "", owner: root, name: "" }] = groups;
  for (const [i, text] of TEXTS.entries()) await person(i % 3).send(garden.id, text);

  const change = (i: number, body: object) => root.patch(`/api/admin/users/${person(i).id}/`, body);
  await change(5, { is_active: false });
  await change(7, { is_superuser: true });
  await root.delete(`/api/admin/users/${person(14).id}/sessions/`);
  const { body } = await root.get(`/api/admin/conversations/${garden.id}/messages/`);
  await root.delete(`/api/admin/conversations/${garden.id}/messages/${body.data.messages[3].id}/`);
  const spam = await person(9).conversation([person(10), person(11)], "Cheap watches");
  await root.delete(`/api/admin/conversations/${spam.id}/`);

  let isOver = false;
  const chatting = groups.slice(1).map(async ({ id, owner }, i) => {
    const node = i % 2 ? two : one;
    const sockets = [];
    for (let n = 0; n < 4 + i; n++) {
      const member = person(i + 1 + n);
      if (n + i + 1 === 5) continue;
      const socket = await on(n % 2 ? two : one, member).chat(id);
      sockets.push(socket);
    }
    for (let n = 0; !isOver; n++) {
      await on(node, owner)
        .send(id, `Message ${n}`)
        .catch(() => {});
      if (n % 9 === 0) await on(node, owner).get("/api/chat/conversations/");
      if (n % 70 === 0) await on(node, owner).get(`/api/chat/conversations/${spam.id}/`);
      await Bun.sleep(150 + 120 * Math.sin(n / 60 + i) + 60 * Math.random());
    }
    for (const socket of sockets) socket.close();
  });
  await Bun.sleep(CHATTING_MS);

  const user = `/admin/users/${person(2).id}`;
  const views: View[] = [
    {
      name: "admin-overview",
      alt: "The live figures of the server",
      path: "/admin",
      faces: ["desktop-light", "desktop-dark", "phone-light"],
    },
    { name: "admin-users", alt: "All users", path: "/admin/users", faces: ["desktop-light", "phone-dark"] },
    { name: "admin-user", alt: "A user", path: user, faces: ["desktop-dark", "phone-light"] },
    {
      name: "admin-confirm",
      alt: "The question before an account is deactivated",
      path: user,
      faces: ["desktop-light"],
      async act(page) {
        await page.click("button:has-text('Deactivate')");
        await page.waitForSelector("dialog");
      },
    },
    {
      name: "admin-conversation",
      alt: "A conversation and its messages",
      path: `/admin/conversations/${garden.id}`,
      faces: ["desktop-light"],
      async act(page) {
        await page.click("button:has-text('Read messages')");
        await page.waitForSelector(".message");
      },
    },
    { name: "admin-limits", alt: "The limits in force", path: "/admin/limits", faces: ["phone-dark"] },
    { name: "admin-audit", alt: "The audit log", path: "/admin/audit", faces: ["desktop-dark"] },
  ];
  for (const view of views)
    for (const face of facesOf(view)) await save(`${view.name}-${face}`, await shoot(root, view.path, face, view.act));
  isOver = true;
  await Promise.all(chatting);
  await one.stop();
  await two.stop();
  place.remove();
  return views;
}

async function shoot(root: Client, path: string, face: Face, act: View["act"]): Promise<Uint8Array> {
  const { page, faults, close } = await openPage(root, "/api/chat/health/", optionsOf(face));
  await prepareLook(page.context(), face);
  await page.goto(path);
  await page.waitForSelector(".body, .plots canvas");
  await act?.(page);
  // The canvas of a plot appears a moment before the plot itself.
  await Bun.sleep(300);
  const png = await page.screenshot();
  if (faults.length > 0) throw new Error(`${path}: ${faults.join(", ")}`);
  await close();
  return png;
}

/** Creates an account and signs in. The email address has the first name. */
async function signUp(server: TestServer, name: string): Promise<Client> {
  const [first_name = "", ...rest] = name.split(" ");
  const plain = first_name
    .normalize("NFD")
    .replace(/\P{ASCII}/gu, "")
    .toLowerCase();
  const body = { first_name, last_name: rest.join(" "), password: PASSWORD, password_confirm: PASSWORD };
  const visitor = server.visitor();
  await visitor.post("/api/users/register/", { email: `${plain}@example.com`, ...body });
  return visitor.logIn(`${plain}@example.com`);
}
