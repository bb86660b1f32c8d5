import { computed, effect, signal } from "@preact/signals";
import { type ClientState, connect, type User } from "../../../sdk/index.ts";
import { kept } from "../../design/kept.ts";
import { texts } from "../../texts/texts.ts";

/** Returns a setting that the server has put into the page. */
const pageSetting = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="confab-${name}"]`)?.content;

/** The SDK client of this page. If the server says that nobody is signed in, the client does not ask. */
export const client = connect({ signedIn: pageSetting("signed-in") !== "false" });

/** The signed-in user. */
export const me = signal<User | undefined>(client.me);

export interface Connection {
  state: ClientState;
  reason: string | undefined;
  /** The time of the next attempt while offline, as `Date.now()` counts. */
  retryAt: number | undefined;
}

const now = (): Connection => ({ state: client.state, reason: client.reason, retryAt: client.retryAt });

export const connection = signal<Connection>(now());

client.on("state", () => {
  connection.value = now();
});
client.on("me", (user) => {
  me.value = user;
});

/** Milliseconds. A shorter loss of the connection is not shown. */
const PATIENCE_MS = 1_500;

/** The connection has been lost for a while, so presence is out of date. */
export const isAway = signal(false);
/** A signed-out page needs no connection. */
const isMissed = computed(() => !/^(online|signed-out)$/.test(connection.value.state));
effect(() => {
  if (!isMissed.value) {
    isAway.value = false;
    return;
  }
  const timer = setTimeout(() => {
    isAway.value = true;
  }, PATIENCE_MS);
  return () => clearTimeout(timer);
});

/** The page knows whether somebody is signed in, and has read its stored data. */
export const isReady = signal(false);
client.ready.catch(reportError).then(() => {
  me.value = client.me;
  connection.value = now();
  isReady.value = true;
});

/** The browser stores nothing, so unsent messages would be lost with this page. */
export const keepsNothing = signal(false);
client.on("error", (error) => {
  // Errors of the browser's storage are `DOMException`s. The connection state covers all other errors.
  if (error instanceof DOMException) keepsNothing.value = true;
});

/** Decides who may create an account: everyone (`open`), people with a link (`invite`), or no one (`closed`). */
export const registration = pageSetting("registration") ?? "open";

/** New people are found by everyone. */
export const directoryOpen = pageSetting("directory") !== "shared";

/** The last name is optional. */
export const hasAnyNames = pageSetting("names") === "any";

/** The name of this server. */
export const serverName = signal(pageSetting("name") || texts.product);

/**
 * How the next account becomes the first admin: `here` without a code, with the printed `code`, or not at all (`none`).
 */
export const firstUser = signal(pageSetting("first-user") ?? "none");

const known = kept("known", ["0", "1"]);

/** Whether somebody has been signed in with this browser before. */
export const wasHereBefore = () => known.value === "1";

effect(() => {
  if (me.value) known.value = "1";
});

/** The server tells only admins that they are. */
export const isSuperuser = computed(() => {
  const user: object | undefined = me.value;
  return user !== undefined && "is_superuser" in user && user.is_superuser === true;
});
