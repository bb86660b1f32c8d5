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
  | { page: "conversation"; id: string }
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

/** The page at the current address. */
export const route = computed(() => routeOf(path.value));

/** The id of the open conversation, if one is open. */
export const openId = computed(() => (route.value.page === "conversation" ? route.value.id : undefined));

function routeOf(pathname: string): Route {
  const { name = "home", value = "" } = readAddress(CHAT_ADDRESSES, pathname) ?? {};
  switch (name) {
    // The server writes ids and codes in lower case, whatever somebody typed.
    case "conversation":
      return { page: name, id: value.toLowerCase() };
    case "invite":
      return { page: name, code: value.toLowerCase() };
    case "settings":
      return { page: name, part: SETTINGS_PARTS.find((part) => part === value) };
    default:
      return { page: name };
  }
}

/** The path of a page: `pathTo("conversation", id)`. */
export const pathTo = (page: ChatPage, value?: string) => buildAddress(CHAT_ADDRESSES[page], value);

/** Goes to an address of the chat. `replace` adds no entry to the history. */
export function navigate(to: string, { replace = false } = {}) {
  if (to === location.pathname) return;
  if (route.peek().page !== "settings") outside = location.pathname;
  // Each history entry knows the path of the one below it, for `goUp`.
  if (replace) history.replaceState(history.state, "", to);
  else history.pushState({ below: location.pathname }, "", to);
  path.value = to;
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

/** Goes back to the list, which fills a narrow screen. */
export const closeConversation = () => goUp(pathTo("home"));

/** Goes back to the page before the settings. */
export const closeSettings = () => goUp(outside);

/** Follows the browser's back and forward, and presses on links to addresses of the chat. */
export function followAddresses() {
  addEventListener("popstate", () => {
    path.value = location.pathname;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.download) return;
    if (link.origin !== location.origin || !isOwnPath(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname);
  });
}

/** The password page reads its token when it loads, so its links load the page anew. */
function isOwnPath(pathname: string): boolean {
  const page = readAddress(CHAT_ADDRESSES, pathname)?.name;
  return page !== undefined && page !== "password";
}
