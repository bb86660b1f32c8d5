import type { ChatMessage } from "../../../../sdk/index.ts";
import { keysText } from "../../../design/keys.ts";
import type { MenuItem } from "../../../design/menu-item.ts";
import type { ActionAt, ActionContext, MessageAction } from "../message-action.ts";
import { isDeleted } from "../preview.ts";
import { messageActions } from "./table.ts";

export const at = (context: ActionContext, message: ChatMessage): ActionAt => ({
  ...context,
  message,
  isOwn: message.sender_id === context.client.me?.id,
});

/** The actions that are possible on this message now. */
export const possibleOn = (on: ActionAt): MessageAction[] =>
  messageActions.filter((action) => (action.onDeleted || !isDeleted(on.message)) && action.when(on));

/** The same as items of a menu. */
export const menuOf = (on: ActionAt): MenuItem[] =>
  possibleOn(on).map(({ label, icon, group, keys, danger, run, items }) =>
    items
      ? { label, icon, group, items: items(on) }
      : {
          label,
          icon,
          group,
          ...(keys ? { keys: keysText(keys) } : {}),
          ...(danger ? { danger } : {}),
          onSelect: () => run(on),
        },
  );
