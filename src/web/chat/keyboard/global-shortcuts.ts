import type { ConfabClient } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { openDialog, startConversation } from "../base/open-dialog.ts";
import {
  closeConversation,
  closeSettings,
  navigate,
  openConversation,
  openId,
  pathTo,
  route,
} from "../base/routing.ts";
import { useShortcuts } from "../base/shortcuts.ts";
import { findable, mayFind, openFind } from "../messages/find/find.ts";
import { useSession } from "../session/context.ts";

/** The shortcuts of every page. */
export function useGlobalShortcuts() {
  const { client } = useSession();
  const keys = texts.keyboard.keys;
  const noDialog = () => openDialog.value === undefined;
  useShortcuts("everywhere", [
    { keys: "Mod+K", label: keys.switcher, run: () => open("switcher") },
    { keys: "Mod+Shift+F", label: keys.search, run: () => navigate(pathTo("search")), when: noDialog },
    { keys: "n", label: keys.start, run: startConversation },
    { keys: "Mod+,", label: keys.settings, run: () => navigate(pathTo("settings", "profile")) },
    { keys: "F6", label: keys.regions, run: (event) => focusRegion(event.shiftKey ? -1 : 1), when: noDialog },
    { keys: "Shift+F6", label: keys.regionsBack, run: () => focusRegion(-1), when: noDialog },
    { keys: "Escape", label: keys.back, run: goBack, when: () => noDialog() && isAlone() },
    { keys: "?", label: keys.sheet, run: () => open("keys") },
  ]);
  useShortcuts("messages", [
    { keys: "Mod+F", label: keys.find, run: () => openFind(findable()), when: () => noDialog() && mayFind() },
  ]);
  useShortcuts("conversations", [
    { keys: "Alt+ArrowUp", label: keys.previous, run: () => step(client, -1), when: noDialog },
    { keys: "Alt+ArrowDown", label: keys.next, run: () => step(client, 1), when: noDialog },
    { keys: "Alt+Shift+ArrowDown", label: keys.nextUnread, run: () => openNextUnread(client), when: noDialog },
  ]);
}

/** The settings, or a conversation on a narrow screen: pages that Escape leaves. */
const isAlone = () =>
  route.value.page === "settings" ||
  (route.value.page === "conversation" && matchMedia("(max-width: 47.99rem)").matches);

const goBack = () => (route.value.page === "settings" ? closeSettings() : closeConversation());

const open = (kind: "switcher" | "keys") => {
  openDialog.value = { kind };
};

function step(client: ConfabClient, by: number) {
  const { items } = client.conversations;
  const at = items.findIndex(({ id }) => id === openId.peek());
  const next = at < 0 ? items[0] : items[at + by];
  if (next) openConversation(next.id);
}

function openNextUnread(client: ConfabClient) {
  const next = client.conversations.items.find(
    ({ id, unread, preferences: { isMuted, markedUnread } }) =>
      ((unread > 0 && !isMuted) || markedUnread) && id !== openId.peek(),
  );
  if (next) openConversation(next.id);
}

/** Moves the focus to another element with `data-region`: to the first element in it that can have the focus. */
function focusRegion(by: number) {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter((region) =>
    region.checkVisibility(),
  );
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const region = regions[(at + by + regions.length) % regions.length];
  const first = region?.querySelector<HTMLElement>('[tabindex="0"], a[href], button, input, textarea, select');
  (first ?? region)?.focus();
}
