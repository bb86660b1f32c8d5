import { computed, signal } from "@preact/signals";

export type SettingsPart =
  | "profile"
  | "password"
  | "privacy"
  | "sessions"
  | "appearance"
  | "notifications"
  | "keyboard"
  | "about";

/** What an address of the page shows. */
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

/** What an address may carry once, and nobody is to read from it again: it goes from the address at once. */
function taken() {
  const { pathname, searchParams, hash } = new URL(location.href);
  const setUpCode = pathname === "/" ? searchParams.get("setup") : null;
  const passwordToken = /^\/password\/?$/.test(pathname) ? hash.slice(1) : "";
  if (setUpCode !== null || passwordToken !== "") history.replaceState(history.state, "", pathname);
  return { setUpCode: setUpCode ?? undefined, passwordToken };
}

/** The set-up code of `/?setup=CODE`, and the one-time token of `/password#TOKEN`. */
export const { setUpCode, passwordToken } = taken();

/** The address. */
export const path = signal(location.pathname);

/** What is shown, always that of the address. */
export const route = computed(() => routeOf(path.value));

/** The conversation that is open, if one is. */
export const openId = computed(() => (route.value.page === "conversation" ? route.value.id : undefined));

function routeOf(pathname: string): Route {
  const [first = "", second] = pathname.split("/").filter(Boolean);
  // As the server writes it, however it was typed.
  if (first === "c" && second) return { page: "conversation", id: second.toLowerCase() };
  if (first === "settings") return { page: "settings", part: SETTINGS_PARTS.find((part) => part === second) };
  if (first === "invite" && second) return { page: "invite", code: second.toLowerCase() };
  if (first === "password") return { page: "password" };
  if (first === "sign-in" || first === "register") return { page: first };
  return { page: "home" };
}

/** Goes to an address of this page. `replace` leaves no trace in the history. */
export function navigate(to: string, { replace = false } = {}) {
  if (to === location.pathname) return;
  if (route.peek().page !== "settings") outside = location.pathname;
  // Each entry knows which one is below it.
  if (replace) history.replaceState(history.state, "", to);
  else history.pushState({ below: location.pathname }, "", to);
  path.value = to;
}

/** What one has left for the settings. */
let outside = "/";

/** To what this belongs to: "back" where one came from there, so that the browser's own "back" does not lead here again. */
export function goUp(to: string) {
  if (history.state?.below === to) history.back();
  else navigate(to, { replace: true });
}

export const openConversation = (id: string, options?: { replace?: boolean }) => navigate(`/c/${id}`, options);

/** Back to the list, which a narrow screen shows alone. */
export const closeConversation = () => goUp("/");

/** Back to where they were opened. */
export const closeSettings = () => goUp(outside);

/** Hears the browser's back and forward, and presses on links to this page's own addresses. */
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

const isOwnPath = (pathname: string) =>
  /^\/($|c\/|settings(\/|$)|sign-in\/?$|register\/?$|invite\/[^/]+\/?$)/.test(pathname);
