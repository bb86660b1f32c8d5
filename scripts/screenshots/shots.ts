import type { Page } from "playwright-core";
import type { TcpProxy } from "../../tests/support/proxy.ts";
import type { Community } from "./community.ts";

/** The screen and the theme of a picture: `desktop-light` is 1280x800, `phone-dark` 390x844. */
export const FACES = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"] as const;
export type Face = (typeof FACES)[number];

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
  /** Prepares the page before it is loaded. */
  before?: (page: Page) => Promise<void>;
  /** Acts on the loaded page, and waits until it shows everything that the picture needs. */
  act: (stage: Stage) => Promise<void>;
}

const TWO: readonly Face[] = ["desktop-light", "phone-dark"];

const shows = (page: Page, text: string) => page.getByText(text).first().waitFor();
const composer = (page: Page) => page.getByRole("textbox", { name: /^Message to/ });

/** Refuses every message in the name of the server. A real server hardly ever refuses a message that the page has sent. */
const refuseAll = (page: Page) =>
  page.routeWebSocket("**/ws/", (socket) => {
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
    faces: FACES,
    path: ({ talks }) => `/c/${talks.cafe}`,
    act: ({ page }) => shows(page, "3 new messages"),
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
      await page.getByRole("button", { name: "New conversation" }).first().click();
      for (const name of ["Elif", "Rahul"]) {
        await page.getByRole("combobox").fill(name);
        await page.getByRole("option", { name }).click();
      }
      await page.getByRole("textbox", { name: "Group name" }).fill("Radio evening");
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
      await page.getByRole("dialog").getByText("Anneke de Vries").waitFor();
    },
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
  // These shots send messages, so they come last.
  {
    name: "joining",
    alt: "Notices between the messages: somebody joined, and the group has a new name",
    faces: ["phone-light"],
    path: ({ talks }) => `/c/${talks.cafe}`,
    async act({ page, community: { people, talks } }) {
      await shows(page, "3 new messages");
      const path = `/api/chat/conversations/${talks.cafe}/`;
      await people.elif.post(`${path}participants/`, { user_ids: [people.leyla.id] });
      await shows(page, "joined");
      await people.leyla.send(talks.cafe, "Thank you! I bring my sewing machine.");
      await people.elif.patch(path, { name: "Repair café, spring" });
      await shows(page, "The group is now called");
    },
  },
  {
    name: "coming-back",
    alt: "Coming back to more than a page of new messages: a bar says how many and since when, and leads to the first",
    faces: TWO,
    path: () => "/",
    async act({ page, community: { people, talks } }) {
      await page.getByRole("link", { name: /Tomás/ }).waitFor();
      for (let n = 1; n <= 120; n++) await people.tomas.send(talks.tomas, `Box ${n} of 120 is in the attic.`);
      await page.getByRole("link", { name: /Tomás/ }).click();
      await page
        .getByRole("region", { name: "New messages" })
        .getByText(/ since /)
        .waitFor();
    },
  },
];

/** Lets Kofi type. */
async function type({ sockets, talks }: Community) {
  const socket = sockets.kofi;
  const conversation_id = talks.kofi;
  socket?.send({ type: "subscribe", conversation_id });
  await socket?.next("subscribed");
  socket?.send({ type: "typing", conversation_id, is_typing: false });
  socket?.send({ type: "typing", conversation_id, is_typing: true });
}
