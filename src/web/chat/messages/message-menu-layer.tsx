import { useEffect, useLayoutEffect } from "preact/hooks";
import type { MessageView } from "../../../sdk/index.ts";
import { part } from "../../design/part.tsx";
import { PlacedMenu } from "../../design/placed-menu.tsx";
import { messageActionTexts } from "../../texts/message-actions.ts";
import { at, menuOf } from "./actions/possible.ts";
import { menuTops } from "./actions/top.ts";
import type { ActionContext } from "./message-action.ts";
import { type MessageMenu, messageMenu } from "./message-menu.ts";
import { previewOf } from "./preview.ts";

export interface MessageMenuLayerProps {
  menu: MessageMenu;
  view: MessageView;
  actions: ActionContext;
}

const tops = menuTops.map((top) => ({ ...top, Top: part(top.load) }));

const close = () => {
  messageMenu.value = undefined;
};

/** Shows the open menu of a message: beside it, or as a sheet at the bottom. */
export function MessageMenuLayer({ menu, view, actions }: MessageMenuLayerProps) {
  const message = view.messages.findLast(({ key }) => key === menu.key);
  const on = message && at(actions, message);
  const items = on ? menuOf(on) : [];
  const isPossible = items.length > 0;
  useEffect(() => {
    if (!isPossible) close();
  }, [menu, isPossible]);
  // A layout effect ends at once. The end of an effect comes a frame later, and would close a menu that is open by then.
  useLayoutEffect(() => close, [view]);
  if (!on || !isPossible) return null;
  const { x, y } = menu.at;
  const shown = tops.filter(({ when }) => when(on));
  return (
    <PlacedMenu
      // Another place is another menu, also on the same message.
      key={`${menu.key} ${x} ${y}`}
      items={items}
      label={messageActionTexts.more}
      place={menu.isSheet ? "sheet" : menu.at}
      onClose={close}
      top={shown.length > 0 && shown.map(({ id, Top }) => <Top key={id} props={{ at: on, close }} />)}
    >
      {menu.isSheet && (
        <p class="menu-sheet-text" dir="auto">
          {previewOf(on.message)}
        </p>
      )}
    </PlacedMenu>
  );
}
