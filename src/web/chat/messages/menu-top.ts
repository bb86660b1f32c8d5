import type { ComponentType } from "preact";
import type { ActionAt } from "./message-action.ts";

export interface MenuTopProps {
  at: ActionAt;
  close: () => void;
}

/** Buttons with `role="menuitem"` and `tabIndex={-1}` above a message's menu and sheet, such as a row of emoji. */
export interface MenuTop {
  id: string;
  when(at: ActionAt): boolean;
  load(): Promise<ComponentType<MenuTopProps>>;
}
