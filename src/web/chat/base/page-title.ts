import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConfabClient } from "../../../sdk/index.ts";
import { serverName } from "../session/server.ts";

const pageTitle = signal("");
const unread = signal(0);

/** Sets the title of the page while the component is mounted. */
export function useTitle(title: string) {
  useEffect(() => {
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
  };
  client.on("conversations", count);
  client.on("me", count);
  effect(() => {
    const name = pageTitle.value ? `${pageTitle.value} · ${serverName.value}` : serverName.value;
    document.title = unread.value > 0 ? `(${unread.value}) ${name}` : name;
  });
  effect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = unread.value > 0 ? "/icons/icon-unread.svg" : "/icons/icon.svg";
    const badge = unread.value > 0 ? navigator.setAppBadge?.(unread.value) : navigator.clearAppBadge?.();
    badge?.catch(() => {});
  });
}
