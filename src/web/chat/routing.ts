import { computed, signal } from "@preact/signals";

export type SettingsPart = "profile" | "password" | "sessions" | "appearance" | "notifications" | "keyboard" | "about";

/** What an address of the page shows. */
export type Route =
  | { page: "home" }
  | { page: "conversation"; id: string }
  | { page: "settings"; part: SettingsPart | undefined }
  | { page: "sign-in" }
  | { page: "register" };

export const SETTINGS_PARTS: readonly SettingsPart[] = [
  "profile",
  "password",
  "sessions",
  "appearance",
  "notifications",
  "keyboard",
  "about",
];

const path = signal(location.pathname);

/** What is shown, always that of the address. */
export const route = computed(() => routeOf(path.value));

/** The conversation that is open, if one is. */
export const openId = computed(() => (route.value.page === "conversation" ? route.value.id : undefined));

function routeOf(pathname: string): Route {
  const [first = "", second] = pathname.split("/").filter(Boolean);
  if (first === "c" && second) return { page: "conversation", id: second };
  if (first === "settings") return { page: "settings", part: SETTINGS_PARTS.find((part) => part === second) };
  if (first === "sign-in" || first === "register") return { page: first };
  return { page: "home" };
}

/** Goes to an address of this page. `replace` leaves no trace in the history. */
export function navigate(to: string, { replace = false } = {}) {
  if (to === location.pathname) return;
  // What is below the first page was opened from here: "back" may go there.
  const depth = (Number(history.state?.depth) || 0) + (replace ? 0 : 1);
  history[replace ? "replaceState" : "pushState"]({ depth }, "", to);
  path.value = to;
}

export const openConversation = (id: string, options?: { replace?: boolean }) => navigate(`/c/${id}`, options);

/** Back to the list, which a narrow screen shows alone. */
export const closeConversation = () => navigate("/");

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

const isOwnPath = (pathname: string) => /^\/($|c\/|settings(\/|$)|sign-in\/?$|register\/?$)/.test(pathname);
