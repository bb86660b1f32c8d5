import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Conversation, MessageView } from "../../../sdk/index.ts";
import { part } from "../../design/part.tsx";
import { askedPerson } from "../base/asked-person.ts";
import { loadActions } from "./actions/run.ts";
import { touches } from "./focus.ts";
import type { ActionContext } from "./message-action.ts";
import { messageMenu, onContextMenu } from "./message-menu.ts";
import { Toolbar } from "./message-row.tsx";

const MessageMenuLayer = part(async () => (await import("./message-menu-layer.tsx")).MessageMenuLayer);
const Gestures = part(async () => (await import("./gestures.tsx")).Gestures);

/** They load before somebody points at a message. */
export const messagePreloads = [Toolbar.preload, MessageMenuLayer.preload, loadActions];

export interface MessageLayersProps {
  conversation: Conversation;
  view: MessageView;
  scroller: RefObject<HTMLDivElement | null>;
  actions: ActionContext;
}

/**
 * The parts above the messages: the menu of a message and the gestures of a finger. They load when they are first needed.
 * The list listens for all rows, so that a row has no listeners of its own.
 */
export function MessageLayers({ conversation, view, scroller, actions }: MessageLayersProps) {
  useEffect(() => {
    const list = scroller.current;
    if (!list) return;
    const ended = new AbortController();
    const { signal } = ended;
    const ask = (event: Event) => {
      const owner = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-person]") : null;
      const isPressed = event.type === "click";
      const isMouse = event instanceof PointerEvent && event.pointerType === "mouse";
      if (!owner || !(isPressed || isMouse || owner.matches(":focus-visible"))) return;
      const id = Number(owner.dataset["person"]);
      const name = view.messages.findLast(({ sender_id }) => sender_id === id)?.sender_name ?? "";
      askedPerson.value = { owner, id, name, isPressed, conversation };
    };
    for (const type of ["pointerover", "focusin", "click"]) list.addEventListener(type, ask, { signal });
    list.addEventListener("contextmenu", onContextMenu, { signal });
    return () => {
      ended.abort();
      askedPerson.value = undefined;
    };
  }, [view]);
  const menu = messageMenu.value;
  return (
    <>
      {menu && menu.list === scroller.current && <MessageMenuLayer props={{ menu, view, actions }} />}
      {touches.matches && <Gestures props={{ view, scroller, actions }} />}
    </>
  );
}
