import { computed, signal } from "@preact/signals";
import { buildAddress, CHAT_ADDRESSES, type ChatPage, readAddress } from "../../addresses.ts";

export type SettingsPart =
  | "profile"
  | "password"
  | "privacy"
  | "sessions"
  | "appearance"
  | "notifications"
  | "keyboard"
  | "about";

/** The page at an address. */
export type Route =
  | { page: "home" }
  | { page: "mentions" }
  | { page: "people" }
  | { page: "archive" }
  | { page: "saved" }
  | { page: "scheduled" }
  | { page: "search" }
  | { page: "conversation"; id: string; seq: number | undefined }
  /** The thread that answers this message of the conversation. */
  | { page: "thread"; id: string; seq: number }
  | { page: "threads" }
  | { page: "settings"; part: SettingsPart | undefined }
  | { page: "sign-in" }
  | { page: "register" }
  | { page: "invite"; code: string }
  | { page: "password" };

export const SETTINGS_PARTS: readonly SettingsPart[] = [
  "profile",
  "password",
  "privacy",
  "sessions",
  "appearance",
  "notifications",
  "keyboard",
  "about",
];

/** Reads the secrets of an address and removes them from it at once, so that nobody reads them there later. */
function takeSecrets() {
  const { pathname, searchParams, hash } = new URL(location.href);
  const page = readAddress(CHAT_ADDRESSES, pathname)?.name;
  const setUpCode = page === "home" ? searchParams.get("setup") : null;
  const passwordToken = page === "password" ? hash.slice(1) : "";
  if (setUpCode !== null || passwordToken !== "") history.replaceState(history.state, "", pathname);
  return { setUpCode: setUpCode ?? undefined, passwordToken };
}

/** The set-up code of `/?setup=CODE`, and the one-time token of `/password#TOKEN`. */
export const { setUpCode, passwordToken } = takeSecrets();

/** The path of the current address. */
export const path = signal(location.pathname);

/** A place among the messages of a conversation: this message is at the top, and so many pixels of it are out of view. */
export interface Place {
  seq: number;
  offset: number;
}

/** Returns the place where the reader is. `undefined`: at the newest message. The list of messages sets it. */
export const reading: { place?: () => Place | undefined } = {};

/**
 * One visit of an address: following a link to the same address again is another one. `place` is where the reader was, if
 * the visit goes back in the history.
 */
export const visit = signal<{ place?: Place | undefined }>({});

/** The page at the current address. */
export const route = computed(() => routeOf(path.value));

/** The id of the open conversation, if one is open. */
export const openId = computed(() => {
  const at = route.value;
  return at.page === "conversation" || at.page === "thread" ? at.id : undefined;
});

function routeOf(pathname: string): Route {
  const { name = "home", value = "", second = "" } = readAddress(CHAT_ADDRESSES, pathname) ?? {};
  switch (name) {
    // The server writes ids and codes in lower case, whatever somebody typed.
    case "conversation":
      return { page: name, id: value.toLowerCase(), seq: /^\d{1,15}$/.test(second) ? Number(second) : undefined };
    case "thread":
      return { page: name, id: value.toLowerCase(), seq: /^\d{1,15}$/.test(second) ? Number(second) : 0 };
    case "invite":
      return { page: name, code: value.toLowerCase() };
    case "settings":
      return { page: name, part: SETTINGS_PARTS.find((part) => part === value) };
    default:
      return { page: name };
  }
}

/** The path of a page: `pathTo("conversation", id)`. */
export const pathTo = (page: ChatPage, ...values: (string | number)[]) => buildAddress(CHAT_ADDRESSES[page], ...values);

/** The link to a message, for people to pass on. */
export const messageLink = (conversationId: string, seq: number) =>
  location.origin + pathTo("conversation", conversationId, seq);

/** The reply to which a link leads, until somebody goes elsewhere. The address of its thread has no place for it. */
export const linkedReply: { current?: { id: string; seq: number } | undefined } = {};

/** Goes to an address of the chat, which may have a query. `replace` adds no entry to the history. */
export function navigate(to: string, { replace = false } = {}) {
  const pathname = to.replace(/\?.*/, "");
  if (!replace) linkedReply.current = undefined;
  if (to !== location.pathname) {
    if (route.peek().page !== "settings") outside = location.pathname;
    // Each history entry knows the path of the one below it, for `goUp`, and where the reader has left it.
    if (replace) history.replaceState(history.state, "", to);
    else {
      history.replaceState({ ...history.state, place: reading.place?.() }, "");
      history.pushState({ below: location.pathname }, "", to);
    }
    path.value = pathname;
  }
  visit.value = {};
}

/** The path before the settings were opened. */
let outside = pathTo("home");

/** Goes to the page above. Goes back in the history if that page is there, so that the browser's "back" does not return here. */
export function goUp(to: string) {
  if (history.state?.below === to) history.back();
  else navigate(to, { replace: true });
}

export const openConversation = (id: string, options?: { replace?: boolean }) =>
  navigate(pathTo("conversation", id), options);

/** The lists that a conversation is opened from. Each fills a narrow screen. */
const LISTS = [
  pathTo("home"),
  pathTo("mentions"),
  pathTo("people"),
  pathTo("archive"),
  pathTo("saved"),
  pathTo("scheduled"),
  pathTo("threads"),
  pathTo("search"),
];

/** Goes back to the list that the conversation was opened from. */
export const closeConversation = () => goUp(LISTS.find((list) => list === history.state?.below) ?? pathTo("home"));

/** Goes back to the page before the settings. */
export const closeSettings = () => goUp(outside);

/** Follows the browser's back and forward, and presses on links to addresses of the chat. */
export function followAddresses() {
  addEventListener("popstate", () => {
    linkedReply.current = undefined;
    path.value = location.pathname;
    visit.value = { place: history.state?.place };
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    // Links in messages have a target, for addresses elsewhere.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.download) return;
    if (link.origin !== location.origin || !isOwnPath(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

/** The password page reads its token when it loads, so its links load the page anew. */
function isOwnPath(pathname: string): boolean {
  const page = readAddress(CHAT_ADDRESSES, pathname)?.name;
  return page !== undefined && page !== "password";
}
