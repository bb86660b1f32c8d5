import { useEffect, useRef, useState } from "preact/hooks";
import { messageMenu } from "./message-menu.ts";

/**
 * Whether the pointer or the focus is in a row, or its menu is open. Only such rows have a toolbar: buttons in each row
 * would make scrolling slower.
 */
export function useHot(key: string) {
  const [isHot, setHot] = useState(false);
  const row = useRef<HTMLElement>(null);
  const look = () => setHot(messageMenu.peek()?.key === key || row.current?.matches(":hover, :focus-within") === true);
  useEffect(() => (isHot ? messageMenu.subscribe(() => setTimeout(look)) : undefined), [isHot]);
  const heat = () => setHot(true);
  // The focus may be on its way to another element of the row.
  const cool = () => void setTimeout(look);
  return [isHot, { ref: row, onMouseEnter: heat, onMouseLeave: cool, onFocusIn: heat, onFocusOut: cool }] as const;
}
