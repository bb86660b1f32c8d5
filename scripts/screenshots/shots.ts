import type { Locator, Page } from "playwright-core";
import type { Client } from "../../tests/support/client.ts";
import { startNew } from "../../tests/support/hands.ts";
import type { TcpProxy } from "../../tests/support/proxy.ts";
import type { Community } from "./community.ts";
import { FACES, type Face, isPhone } from "./faces.ts";
import { photos } from "./photos.ts";

/** The page that a picture is taken of, and its surroundings. */
export interface Stage {
  page: Page;
  face: Face;
  community: Community;
  /** The only connection of the page to the server. A shot can cut it. */
  network: TcpProxy;
}

/** A view that has pictures. */
export interface Picture {
  /** The start of the file name, before the face. */
  name: string;
  /** The text alternative of the picture. */
  alt: string;
  faces: readonly Face[];
}

/** A picture of the chat. */
export interface Shot extends Picture {
  /**
   * The person at the browser, Maya by default. `nobody` is signed out. `founder` is the first visitor of a new server, and
   * `newcomer` is a new person there, whom its admin has let in.
   */
  as?: "nobody" | "founder" | "newcomer";
  path: (community: Community) => string;
  /** The page is not the chat, so it has no list of conversations. */
  isOutside?: true;
  /** Prepares the page before it is loaded. */
  before?: (page: Page) => Promise<void>;
  /** Acts on the loaded page, and waits until it shows everything that the picture needs. */
  act: (stage: Stage) => Promise<void>;
}

const TWO: readonly Face[] = ["desktop-light", "phone-dark"];

/** A finger that rests this long on a message opens its actions, in ms. */
const RESTS_MS = 700;

const shows = (page: Page, text: string) => page.getByText(text).first().waitFor();
const composer = (page: Page) => page.getByRole("textbox", { name: /^Message to/ });

/** Refuses every message in the name of the server. A real server hardly ever refuses a message that the page has sent. */
const refuseAll = (page: Page) =>
  page.routeWebSocket(/\/ws\/(\?|$)/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((text) => {
      const { type, client_id, ref, conversation_id } = JSON.parse(String(text));
      if (type !== "message") return server.send(text);
      const refusal = { code: "validation_failed", message: "Message content contains invalid characters" };
      socket.send(JSON.stringify({ type: "error", ...refusal, client_id, ref, conversation_id }));
    });
  });

/** All pictures of the chat, in the order of docs/images.md. */
export const SHOTS: readonly Shot[] = [
  {
    name: "conversation",
    alt: "A conversation of two: a code block, an edited and a deleted message, a read receipt, and Kofi is typing",
    faces: FACES,
    path: ({ talks }) => `/c/${talks.kofi}`,
    async act({ page, community }) {
      await page.getByText("Read", { exact: true }).waitFor();
      await page.getByText("Online", { exact: true }).first().waitFor();
      await type(community);
      await page.getByText("Kofi Mensah is typing…").waitFor();
    },
  },
  {
    name: "group",
    alt: "A group of seven: a list, a quote, emoji, and the line above three new messages",
    faces: [...FACES, "desktop-rtl", "desktop-forced", "phone-large"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    act: ({ page }) => shows(page, "3 new messages"),
  },
  {
    name: "text",
    alt: "Texts as they were typed: a table, tasks, code, a spoiler, addresses and numbers",
    faces: FACES,
    path: ({ talks }) => `/c/${talks.notes}`,
    act: ({ page }) => shows(page, "that order is on the box"),
  },
  {
    name: "list",
    alt: "The list of conversations on a phone: who is online, unread messages, drafts, names in several scripts",
    faces: ["phone-light", "phone-dark"],
    path: () => "/",
    act: ({ page }) =>
      page
        .getByRole("link", { name: /online/ })
        .nth(1)
        .waitFor(),
  },
  {
    name: "register",
    alt: "The first visit: creating an account",
    faces: TWO,
    as: "nobody",
    path: () => "/register",
    act: ({ page }) => page.getByRole("button", { name: "Create account" }).waitFor(),
  },
  {
    name: "sign-in",
    alt: "Signing in",
    faces: TWO,
    as: "nobody",
    path: () => "/sign-in",
    act: ({ page }) => page.getByRole("button", { name: "Sign in" }).waitFor(),
  },
  {
    name: "set-up",
    alt: "A new server: its first visitor creates the admin account",
    faces: ["desktop-light", "phone-light"],
    as: "founder",
    path: () => "/",
    act: ({ page }) => page.getByRole("heading", { name: "Set up this server" }).waitFor(),
  },
  {
    name: "first-run",
    alt: "The first minute of a new person: no conversations yet, and how to start one",
    faces: ["desktop-light", "phone-light"],
    as: "newcomer",
    path: () => "/",
    act: ({ page }) => page.getByText("No conversations yet").waitFor(),
  },
  {
    name: "new-conversation",
    alt: "A new group: two people are chosen, and it gets a name",
    faces: TWO,
    path: () => "/",
    async act({ page }) {
      await startNew(page, "New group");
      await page.getByRole("textbox", { name: "Group name" }).fill("Radio evening");
      for (const name of ["Elif", "Rahul"]) {
        await page.getByRole("combobox").fill(name);
        await page.getByRole("option", { name }).click();
      }
    },
  },
  {
    name: "details",
    alt: "The members of a group, and the actions of its owner",
    faces: ["desktop-light", "desktop-dark", "phone-light"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    async act({ page }) {
      await shows(page, "3 new messages");
      await page.getByRole("button", { name: "Details and members" }).click();
      await page.getByRole("heading", { name: "Group" }).waitFor();
      await page.getByText("Anneke de Vries").first().waitFor();
    },
  },
  {
    name: "compact",
    alt: "The compact layout: no pictures, and the times in one column",
    faces: ["desktop-light", "desktop-dark"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    async before(page) {
      await page.addInitScript(`localStorage.setItem("confab.layout", "compact")`);
    },
    act: ({ page }) => shows(page, "3 new messages"),
  },
  {
    name: "message-actions",
    alt: "The actions of a message: in a menu on a desktop, in a sheet after a long press on a phone",
    faces: TWO,
    path: ({ talks }) => `/c/${talks.kofi}`,
    async act({ page, face }) {
      const message = page.getByRole("article", { name: /Deal. See you/ });
      await message.waitFor();
      if (isPhone(face)) await rest(page, message);
      else await message.getByText("Deal.").click({ button: "right" });
      await page.getByRole("menuitem", { name: "Copy link" }).waitFor();
    },
  },
  {
    name: "person",
    alt: "A card shows who an author is",
    faces: ["desktop-light", "desktop-dark"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    async act({ page }) {
      await shows(page, "3 new messages");
      await page.getByRole("feed").getByRole("button", { name: "Kofi Mensah" }).last().click();
      await page.getByRole("dialog", { name: "About Kofi Mensah" }).getByText("kofi@example.com").waitFor();
    },
  },
  {
    name: "conversation-actions",
    alt: "The actions of a conversation, where one right-clicks",
    faces: ["desktop-light", "desktop-dark"],
    path: () => "/",
    async act({ page }) {
      await page.getByRole("link", { name: /^Street party/ }).click({ button: "right" });
      await page.getByRole("menuitem", { name: "Archive" }).waitFor();
    },
  },
  {
    name: "formats",
    alt: "The text field with its bar of formats",
    faces: TWO,
    path: ({ talks }) => `/c/${talks.present}`,
    async act({ page }) {
      await composer(page).fill("The nursery has **quinces**:\n- two small ones\n- one of `1.80 m`");
      await page.getByRole("button", { name: "Formatting" }).click();
      await page.getByRole("toolbar", { name: "Formatting" }).waitFor();
    },
  },
  {
    name: "people",
    alt: "All people of the server",
    faces: TWO,
    path: () => "/people",
    act: ({ page }) => page.getByRole("main").getByText("Anneke de Vries").waitFor(),
  },
  {
    name: "search",
    alt: "Conversations and people found by a few letters",
    faces: TWO,
    path: () => "/",
    async act({ page }) {
      await page.getByRole("searchbox", { name: "Search people and conversations" }).fill("re");
      await page.getByRole("region", { name: "People" }).getByRole("button").first().waitFor();
    },
  },
  {
    name: "appearance",
    alt: "Settings: theme, text size, direction",
    faces: ["desktop-dark", "phone-light"],
    path: () => "/settings/appearance",
    act: ({ page }) => page.getByRole("heading", { name: "Appearance" }).waitFor(),
  },
  {
    name: "keys",
    alt: "All keyboard shortcuts on one sheet",
    faces: ["desktop-light", "desktop-dark"],
    path: ({ talks }) => `/c/${talks.kofi}`,
    async act({ page }) {
      await page.getByRole("button", { name: /^Your menu/ }).click();
      await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
      await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
    },
  },
  {
    name: "offline",
    alt: "Not connected: the page says so, and a message waits to be sent",
    faces: TWO,
    path: ({ talks }) => `/c/${talks.present}`,
    async act({ page, network }) {
      await composer(page).waitFor();
      await page.getByText("I know a nursery by the river.").last().waitFor();
      network.state = "refuse";
      network.cut();
      await composer(page).fill("They have quinces! I am on the train back, the network comes and goes.");
      await composer(page).press("Control+Enter");
      await shows(page, "Not connected.");
    },
  },
  {
    name: "failed",
    alt: "A message that the server refused, with the reason and two actions",
    faces: ["desktop-light", "phone-dark"],
    path: ({ talks }) => `/c/${talks.tomas}`,
    before: refuseAll,
    async act({ page }) {
      await composer(page).fill("Of course. It hangs behind the door.");
      await composer(page).press("Control+Enter");
      await page.getByRole("button", { name: "Try again" }).first().waitFor();
    },
  },
  {
    name: "right-to-left",
    alt: "The page from right to left, in a conversation in Persian and English",
    faces: TWO,
    path: ({ talks }) => `/c/${talks.leyla}`,
    async act({ page }) {
      await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
      await page.reload();
      await shows(page, "درست شد");
    },
  },
  {
    name: "not-found",
    alt: "An address that leads nowhere",
    faces: TWO,
    path: () => "/somewhere",
    isOutside: true,
    act: ({ page }) => page.waitForLoadState(),
  },
  {
    name: "reference",
    alt: "The API reference, where requests can be tried",
    faces: TWO,
    path: () => "/api/docs/",
    isOutside: true,
    act: ({ page }) => page.getByRole("heading", { level: 1 }).waitFor(),
  },
  // These shots change conversations, so they come last.
  {
    name: "joining",
    alt: "Notices between the messages: somebody was added, and the group has a new name",
    faces: ["phone-light"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    async act({ page, community: { people, talks } }) {
      await shows(page, "3 new messages");
      const path = `/api/chat/conversations/${talks.cafe}/`;
      await people.elif.post(`${path}participants/`, { user_ids: [people.leyla.id] });
      await shows(page, "Elif Demir added");
      await people.leyla.send(talks.cafe, "Thank you! I bring my sewing machine.");
      await people.elif.patch(path, { name: "Repair café, spring" });
      await shows(page, "named the group");
    },
  },
  {
    name: "coming-back",
    alt: "Coming back to more than a page of new messages: the conversation opens at the first of them",
    faces: TWO,
    path: () => "/",
    async act({ page, community: { people, talks } }) {
      await page.getByRole("link", { name: /Tomás/ }).waitFor();
      for (let n = 1; n <= 120; n++) await people.tomas.send(talks.tomas, `Box ${n} of 120 is in the attic.`);
      await page.getByRole("link", { name: /Tomás/ }).click();
      await shows(page, "120 new messages");
    },
  },
  {
    name: "files",
    alt: "A message with three pictures, and one with a document",
    faces: TWO,
    path: ({ talks }) => `/c/${talks.party}`,
    async act({ page, community }) {
      await sendPhotos(community);
      await shows(page, "plan of the street.pdf");
      await page.getByRole("main").locator("img").nth(2).waitFor();
      await page.waitForFunction("[...document.images].every(({ complete }) => complete)");
    },
  },
  {
    name: "found",
    alt: "Messages that have a word, in all conversations",
    faces: TWO,
    path: () => "/search?q=soldering",
    act: ({ page }) => shows(page, "book, and his"),
  },
  {
    name: "archive",
    alt: "Conversations that are archived",
    faces: TWO,
    path: () => "/archive",
    async act({ page, community: { people, talks } }) {
      for (const id of [talks.ines, talks.party])
        await people.maya.patch(`/api/chat/conversations/${id}/me/`, { archived: true });
      await page.getByRole("main").getByText("Inés Carrasco").waitFor();
    },
  },
];

/** Sends pictures and a document to the street party, once. */
async function sendPhotos({ people: { ines, elif }, talks }: Community) {
  const path = `/api/chat/conversations/${talks.party}/messages/`;
  const { body } = await ines.get(path);
  if (body.data.messages.some(({ files }: { files?: unknown }) => files)) return;
  const sent: string[] = [];
  for (const [name, bytes] of Object.entries(photos())) sent.push(await upload(ines, name, bytes));
  await ines.post(path, { content: "It was so good. Thank you all! 🎏", files: sent });
  const plan = await upload(elif, "plan of the street.pdf", Buffer.from(`%PDF-1.4\n${"x".repeat(180_000)}`));
  await elif.post(path, { content: "For next year:", files: [plan] });
}

async function upload({ url, cookie }: Client, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const headers = { Cookie: `sessionid=${cookie}` };
  const answer = await fetch(`${url}/api/files/?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers,
    body: bytes,
  });
  if (!answer.ok) throw new Error(`upload: ${await answer.text()}`);
  return JSON.parse(await answer.text()).data.id;
}

/** Lets Kofi type. */
async function type({ sockets, talks }: Community) {
  const socket = sockets.kofi;
  const conversation_id = talks.kofi;
  socket?.send({ type: "subscribe", conversation_id });
  await socket?.next("subscribed");
  socket?.send({ type: "typing", conversation_id, is_typing: false });
  socket?.send({ type: "typing", conversation_id, is_typing: true });
}

/** Rests a finger on an element. */
async function rest(page: Page, on: Locator) {
  const box = await on.boundingBox();
  if (!box) throw new Error("the element is not in view");
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  const session = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await page.waitForTimeout(RESTS_MS);
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
