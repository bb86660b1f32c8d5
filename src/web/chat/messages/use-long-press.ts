import { useRef } from "preact/hooks";
import { openMenu } from "./use-roving.ts";

const PRESS_MS = 400;
/** What a browser makes of a finger that leaves, a mouse's press among it, comes within this. */
const LIFT_MS = 100;
/** A finger that moves farther than this, in pixels, scrolls. */
const STILL = 8;

interface Press {
  at: number;
  x: number;
  y: number;
}

/** A finger that rests on a message asks, when it leaves, what can be done with it. */
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
      // A browser may take what follows for a press beside the menu, if it is there by then.
      setTimeout(() => openMenu(row), LIFT_MS);
    },
    onPointerCancel: forget,
    onContextMenu(event: MouseEvent) {
      if (press.current) event.preventDefault();
    },
    /** The link under the finger was not meant. */
    onClickCapture(event: MouseEvent) {
      if (!wasLong.current || !event.isTrusted) return;
      event.preventDefault();
      wasLong.current = false;
    },
  };
}
