import { useRef } from "preact/hooks";
import { openMenu } from "./use-roving.ts";

const PRESS_MS = 400;
/** Milliseconds. A browser's own events for a lifted finger, such as a mouse press, come within this time. */
const LIFT_MS = 100;
/** Pixels. A finger that moves farther scrolls. */
const STILL = 8;

interface Press {
  at: number;
  x: number;
  y: number;
}

/** Opens the menu of a message when a finger that rested on it is lifted. */
export function useLongPress() {
  const press = useRef<Press | undefined>(undefined);
  const wasLong = useRef(false);
  const forget = () => {
    press.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent) {
      wasLong.current = false;
      press.current =
        event.pointerType === "touch" ? { at: event.timeStamp, x: event.clientX, y: event.clientY } : undefined;
    },
    onPointerMove(event: PointerEvent) {
      const began = press.current;
      if (began && Math.hypot(event.clientX - began.x, event.clientY - began.y) > STILL) forget();
    },
    onPointerUp(event: PointerEvent) {
      const row = event.currentTarget;
      const began = press.current;
      forget();
      if (!began || event.timeStamp - began.at < PRESS_MS || !(row instanceof HTMLElement)) return;
      wasLong.current = true;
      // If the menu were open already, a browser could take the next event for a press beside it.
      setTimeout(() => openMenu(row), LIFT_MS);
    },
    onPointerCancel: forget,
    onContextMenu(event: MouseEvent) {
      if (press.current) event.preventDefault();
    },
    /** A long press does not follow the link under the finger. */
    onClickCapture(event: MouseEvent) {
      if (!wasLong.current || !event.isTrusted) return;
      event.preventDefault();
      wasLong.current = false;
    },
  };
}
