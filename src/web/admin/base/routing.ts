import { computed, signal } from "@preact/signals";
import { ADMIN_ADDRESSES, type AdminView, buildAddress, readAddress } from "../../addresses.ts";

export type View = AdminView;

/** The views in the order of the navigation. */
export const VIEWS = Object.keys(ADMIN_ADDRESSES) as View[];

export interface Route {
  view: View;
  /** The id of a user or a conversation. */
  id: string | undefined;
  query: URLSearchParams;
}

const address = signal(location.pathname + location.search);

/** The view at the current address. */
export const route = computed((): Route => {
  const url = new URL(address.value, location.origin);
  const { name = "overview", value } = readAddress(ADMIN_ADDRESSES, url.pathname) ?? {};
  return { view: name, id: value, query: url.searchParams };
});

export const pathOf = (view: View, id?: string | number) => buildAddress(ADMIN_ADDRESSES[view], id);

/** Goes to an address of the panel. `replace` adds no entry to the history. */
export function navigate(to: string, { replace = false } = {}) {
  if (to === address.value) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.value = to;
  if (!replace) scrollTo(0, 0);
}

/** Puts a search into the address, so that "back" brings it back. Removes empty values. */
export function setQuery(changes: Record<string, string>) {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace: true });
}

/** Follows the browser's back and forward, and presses on links to addresses of the panel. */
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
