import { effect, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import type { ConfabClient } from "../../../sdk/index.ts";
import { serverName } from "../session/server.ts";

const pageTitle = signal("");
/** How many unread messages you have in all conversations. */
export const unread = signal(0);
/** How many of them mention you. */
export const mentions = signal(0);
/** Until the count is known, the badge of the app stays as the last page has left it. */
const isKnown = signal(false);

/** Sets the title of the page while the component is mounted. */
export function useTitle(title: string) {
  // At once: otherwise the page before would clear the title after the next page has set its own.
  useLayoutEffect(() => {
    pageTitle.value = title;
    return () => {
      pageTitle.value = "";
    };
  }, [title]);
}

/** Shows the number of unread messages in the tab's title, in its icon, and on the badge of the installed app. */
export function showUnread(client: ConfabClient) {
  const count = () => {
    unread.value = client.me ? client.conversations.unread : 0;
    mentions.value = client.me ? client.conversations.mentions : 0;
    isKnown.value = client.conversations.isLoaded || client.state === "signed-out";
  };
  client.on("conversations", count);
  client.on("me", count);
  client.on("state", count);
  effect(() => {
    const name = pageTitle.value ? `${pageTitle.value} · ${serverName.value}` : serverName.value;
    const called = mentions.value > 0 ? `@${mentions.value} ` : "";
    document.title = unread.value > 0 ? `(${unread.value}) ${called}${name}` : name;
  });
  effect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = icon.href.replace(/icon(-unread)?\.svg/, unread.value > 0 ? "icon-unread.svg" : "icon.svg");
    if (!isKnown.value) return;
    const badge = unread.value > 0 ? navigator.setAppBadge?.(unread.value) : navigator.clearAppBadge?.();
    badge?.catch(() => {});
  });
}
