import { computed, signal } from "@preact/signals";

export const VIEWS = ["overview", "users", "conversations", "invites", "limits", "audit", "settings"] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  view: View;
  /** Of a user or a conversation. */
  id: string | undefined;
  query: URLSearchParams;
}

const address = signal(location.pathname + location.search);

/** What is shown, always that of the address. */
export const route = computed((): Route => {
  const url = new URL(address.value, location.origin);
  const [, first = "", id] = url.pathname.split("/").filter(Boolean);
  return { view: VIEWS.find((view) => view === first) ?? "overview", id, query: url.searchParams };
});

export const pathOf = (view: View, id?: string | number) =>
  view === "overview" ? "/admin" : `/admin/${view}${id === undefined ? "" : `/${id}`}`;

/** Goes to an address of the panel. `replace` leaves no trace in the history. */
export function navigate(to: string, { replace = false } = {}) {
  if (to === address.value) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.value = to;
  if (!replace) scrollTo(0, 0);
}

/** Puts what is searched for into the address, so that it is there again after "back". Empty values go. */
export function setQuery(changes: Record<string, string>) {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace: true });
}

/** Hears the browser's back and forward, and presses on links to the panel's own addresses. */
export function followAddresses() {
  addEventListener("popstate", () => {
    address.value = location.pathname + location.search;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
    if (link.origin !== location.origin || !/^\/admin(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
