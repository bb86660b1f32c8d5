import { effect, signal } from "@preact/signals";
import { type ClientState, connect, type User } from "../../../client/index.ts";

/** The one connection of this page, for whoever is signed in. */
export const client = connect();

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

/** Closed: only those who have an account come in. */
export const registrationOpen =
  document.querySelector<HTMLMetaElement>('meta[name="confab-registration"]')?.content !== "closed";

const KNOWN = "confab.known";

/** Somebody has been signed in with this browser before. */
export const wasHereBefore = () => localStorage.getItem(KNOWN) !== null;

effect(() => {
  if (me.value) localStorage.setItem(KNOWN, "1");
});
