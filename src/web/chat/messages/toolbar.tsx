import { useRef } from "preact/hooks";
import type { ChatMessage } from "../../../sdk/index.ts";
import { IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { part } from "../../design/part.tsx";
import { messageActionTexts } from "../../texts/message-actions.ts";
import { at, possibleOn } from "./actions/possible.ts";
import { canReact } from "./actions/table.ts";
import type { ActionContext } from "./message-action.ts";
import { messageMenu, showMenu } from "./message-menu.ts";
import "./toolbar.css";

const QuickButtons = part(async () => (await import("./reactions/quick.tsx")).QuickButtons);

export interface ToolbarProps {
  message: ChatMessage;
  actions: ActionContext;
  /** Tab reaches the buttons. */
  isActive: boolean;
}

/** The actions of a message at its upper end. It lies over the row, so it moves nothing. */
export function Toolbar({ message, actions, isActive }: ToolbarProps) {
  const isOpen = messageMenu.value?.key === message.key;
  const on = at(actions, message);
  const possible = possibleOn(on);
  const shown = possible.filter(({ isQuick }) => isQuick);
  const tabIndex = isActive ? 0 : -1;
  const wasOpen = useRef(false);
  if (possible.length === 0) return null;
  return (
    <div class="message-toolbar" role="toolbar" data-open={isOpen}>
      {canReact(on) && <QuickButtons props={{ at: on, tabIndex }} />}
      {shown.map(({ id, icon, label, keys, run }) => (
        <IconButton
          key={id}
          icon={icon}
          label={label}
          keys={keys && keysText(keys)}
          tabIndex={tabIndex}
          onClick={() => void run(on)}
        />
      ))}
      {shown.length < possible.length && (
        <IconButton
          icon="more"
          label={messageActionTexts.more}
          tabIndex={tabIndex}
          aria-haspopup="menu"
          aria-expanded={isOpen}
          // The browser closes an open menu when the finger or the mouse button is lifted, before the click.
          onPointerDown={() => {
            wasOpen.current = isOpen;
          }}
          onClick={({ currentTarget }) => {
            if (!wasOpen.current) showMenu(currentTarget, currentTarget.getBoundingClientRect());
            wasOpen.current = false;
          }}
        />
      )}
    </div>
  );
}
