import { computed, effect, signal } from "@preact/signals";
import { type ClientState, connect, type User } from "../../../sdk/index.ts";
import { kept } from "../../design/kept.ts";
import { texts } from "../../texts/texts.ts";

/** A setting that the server has put into the page. */
const pageSetting = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="confab-${name}"]`)?.content;

/** The one connection of this page, for the person who is signed in. Where the server says that nobody is, it is not asked. */
export const client = connect({ signedIn: pageSetting("signed-in") !== "false" });

/** Who is signed in. */
export const me = signal<User | undefined>(client.me);

export interface Connection {
  state: ClientState;
  reason: string | undefined;
  /** While offline: when it is tried again, as `Date.now()` counts. */
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

/** A connection that is back within this was never missed. */
const PATIENCE_MS = 1_500;

/** There has been no connection for a while: what was known of others is old. */
export const isAway = signal(false);
/** Who is signed out misses nothing. */
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

/** It is known who is signed in, and what was kept has been read. */
export const isReady = signal(false);
client.ready.catch(reportError).then(() => {
  me.value = client.me;
  connection.value = now();
  isReady.value = true;
});

/** What is not sent will not outlive this page: the browser stores nothing. */
export const keepsNothing = signal(false);
client.on("error", (error) => {
  // What browsers say of their storage; of all else the state says enough.
  if (error instanceof DOMException) keepsNothing.value = true;
});

/** Who may create an account: everybody, those with an invite link, or nobody. */
export const registration = pageSetting("registration") ?? "open";

/** Whoever comes in is found by all others. */
export const directoryOpen = pageSetting("directory") !== "shared";

/** A last name may be missing. */
export const hasAnyNames = pageSetting("names") === "any";

/** This server's name. */
export const serverName = signal(pageSetting("name") || texts.product);

/** How the next account may become the first admin: `here` by itself, with the `code` that the server has printed, or not at all. */
export const firstUser = signal(pageSetting("first-user") ?? "none");

const known = kept("known", ["0", "1"]);

/** Somebody has been signed in with this browser before. */
export const wasHereBefore = () => known.value === "1";

effect(() => {
  if (me.value) known.value = "1";
});

/** The server tells it only to the person themselves. */
export const isSuperuser = computed(() => {
  const user: object | undefined = me.value;
  return user !== undefined && "is_superuser" in user && user.is_superuser === true;
});
