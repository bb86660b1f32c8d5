import { computed, signal } from "@preact/signals";
import { kept } from "../../design/kept.ts";
import { isFocusLost } from "../../design/lost-focus.ts";
import type { OpenAside } from "./open-aside.ts";
import { closeDialog, openDialog } from "./open-dialog.ts";
import { openConversation, openId } from "./routing.ts";

/** 1100 px: from here on, asides stand beside the chat. Below, a dialog has them, which fills a phone. */
const wide = matchMedia("(min-width: 68.75rem)");
const isWide = signal(wide.matches);

/** The details stay open from one conversation to the next. All other asides belong to one. */
const details = kept("details", ["0", "1"]);
const other = signal<OpenAside | undefined>(undefined);
const ofOpen = () => (other.value?.conversationId === openId.value ? other.value : undefined);

/** The aside beside the open conversation. */
export const openAside = computed<OpenAside | undefined>(() => {
  const conversationId = openId.value;
  if (!isWide.value || conversationId === undefined) return undefined;
  return ofOpen() ?? (details.value === "1" ? { conversationId, name: "details" } : undefined);
});

/** The aside was asked for, so it takes the focus. One that was open before leaves the focus where it is. */
export const asideTakesFocus = { current: false };

/** The element that had the focus when the aside was asked for. */
let opener: Element | null = null;

const isSame = (a: OpenAside | undefined, b: OpenAside) =>
  a?.conversationId === b.conversationId && a.name === b.name && a.value === b.value;

/** Shows an aside beside its conversation, or in a dialog on a smaller screen. */
export function showAside(aside: OpenAside) {
  if (!isWide.peek()) {
    openDialog.value = { kind: "aside", ...aside };
    return;
  }
  closeDialog();
  if (openId.peek() !== aside.conversationId) openConversation(aside.conversationId);
  asideTakesFocus.current = !isSame(openAside.peek(), aside);
  opener = document.activeElement;
  other.value = aside.name === "details" ? undefined : aside;
  if (aside.name === "details") details.value = "1";
}

/** Whether an aside stands beside its conversation. */
export const hasRoomForAside = () => isWide.peek();

export const showDetails = (conversationId: string) => showAside({ conversationId, name: "details" });

/** Closes the open aside. The focus goes back to where it was, or to the button of the details. */
export function hideAside() {
  const focusOpener = () => {
    const there = opener instanceof HTMLElement && opener.checkVisibility() ? opener : undefined;
    (there ?? document.querySelector<HTMLElement>("[data-header=details]"))?.focus();
  };
  if (document.activeElement?.closest(".aside")) focusOpener();
  if (ofOpen()) other.value = undefined;
  else details.value = "0";
  if (openDialog.peek()?.kind !== "aside") return;
  closeDialog();
  // The dialog gives the focus back to where it was, which may have been in the panel.
  requestAnimationFrame(() => {
    if (isFocusLost()) focusOpener();
  });
}

export const toggleAside = (aside: OpenAside) => (isSame(openAside.peek(), aside) ? hideAside() : showAside(aside));

/** Keeps the aside open in the other form when the page becomes wider or narrower. */
export function followWidth() {
  wide.addEventListener("change", ({ matches }) => {
    const dialog = openDialog.peek();
    const shown = openAside.peek();
    isWide.value = matches;
    if (matches && dialog?.kind === "aside") {
      const { kind: _, ...aside } = dialog;
      closeDialog();
      showAside(aside);
      asideTakesFocus.current = false;
    } else if (!matches && shown && dialog === undefined) openDialog.value = { kind: "aside", ...shown };
  });
}
