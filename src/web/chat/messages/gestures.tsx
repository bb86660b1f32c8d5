import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { MessageView } from "../../../sdk/index.ts";
import { Icon, type IconName } from "../../design/icon.tsx";
import { at, possibleOn } from "./actions/possible.ts";
import type { ActionContext } from "./message-action.ts";
import { rowAt, showMenu } from "./message-menu.ts";
import "./gestures.css";

/** A finger that rests so long opens the actions when it is lifted. */
const PRESS_MS = 400;
/** Milliseconds. A browser's own events for a lifted finger, such as a mouse press, come within this time. */
const LIFT_MS = 100;
/** Pixels. A finger that moves farther scrolls or swipes. */
const STILL = 8;
/** Pixels. A swipe of this length quotes the message, and the row follows the finger no farther than `FARTHEST`. */
const FAR = 56;
const FARTHEST = 80;
/** Pixels. Swipes from the edge of the screen belong to the browser. */
const EDGE = 24;

/** With reduced motion, the icon alone says how far the finger is. */
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

interface Touch {
  row: HTMLElement;
  id: number;
  /** When it began, as events count time. */
  since: number;
  x: number;
  y: number;
  /** 1 where the text runs to the right. A swipe goes along the text. */
  way: 1 | -1;
  /** Runs until the finger has rested long enough. */
  timer: ReturnType<typeof setTimeout>;
  state: "new" | "pressed" | "swiping" | "far";
}

export interface GesturesProps {
  view: MessageView;
  scroller: RefObject<HTMLDivElement | null>;
  actions: ActionContext;
}

/** A long press opens the actions of a message, and a swipe along the text runs the action that the table names for it. */
export function Gestures({ view, scroller, actions }: GesturesProps) {
  const icon = useRef<HTMLDivElement>(null);
  const [mark, setMark] = useState<IconName>("quote");
  useEffect(() => {
    const list = scroller.current;
    if (!list) return;
    let touch: Touch | undefined;
    let wasLong = false;

    const forget = () => {
      if (!touch) return;
      clearTimeout(touch.timer);
      delete touch.row.dataset["pressed"];
      touch.row.style.removeProperty("translate");
      if (icon.current) icon.current.hidden = true;
      touch = undefined;
    };
    const swipe = ({ row }: Touch) => {
      const message = view.messages.findLast(({ key }) => key === row.dataset["key"]);
      const on = message && at(actions, message);
      const action = on && possibleOn(on).find(({ isSwipe }) => isSwipe);
      return action && { icon: action.icon, run: () => action.run(on) };
    };

    function onPointerDown(event: PointerEvent) {
      forget();
      wasLong = false;
      const row = rowAt(event.target);
      if (event.pointerType !== "touch" || !event.isPrimary || !row) return;
      const began: Touch = {
        row,
        id: event.pointerId,
        since: event.timeStamp,
        x: event.clientX,
        y: event.clientY,
        way: getComputedStyle(row).direction === "rtl" ? -1 : 1,
        state: "new",
        timer: setTimeout(() => {
          began.state = "pressed";
          row.dataset["pressed"] = "";
          navigator.vibrate?.(10);
        }, PRESS_MS),
      };
      touch = began;
    }

    function onPointerMove(event: PointerEvent) {
      if (touch?.id !== event.pointerId) return;
      const [along, across] = [(event.clientX - touch.x) * touch.way, Math.abs(event.clientY - touch.y)];
      if (touch.state === "new" || touch.state === "pressed") {
        if (Math.hypot(along, across) <= STILL) return;
        const found = touch.state === "new" && along > 2 * across && swipe(touch);
        if (!found || isTaken(event.target, touch)) return forget();
        clearTimeout(touch.timer);
        touch.state = "swiping";
        setMark(found.icon);
      }
      drag(touch, along);
    }

    function drag(moved: Touch, along: number) {
      const way = Math.max(0, Math.min(along, FARTHEST));
      const isFar = along >= FAR;
      if (isFar && moved.state === "swiping") navigator.vibrate?.(10);
      moved.state = isFar ? "far" : "swiping";
      if (!isStill.matches) moved.row.style.translate = `${way * moved.way}px`;
      const shown = icon.current;
      const place = shown?.parentElement?.getBoundingClientRect();
      if (!shown || !place) return;
      const box = moved.row.getBoundingClientRect();
      shown.hidden = false;
      shown.dataset["far"] = String(isFar);
      shown.style.top = `${box.top - place.top + box.height / 2}px`;
      shown.style.scale = String(Math.min(1, way / FAR));
    }

    function onPointerUp(event: PointerEvent) {
      if (touch?.id !== event.pointerId) return;
      const { state, row, since } = touch;
      const found = swipe(touch);
      forget();
      if (state === "far") found?.run();
      // A busy page runs its timers late.
      const hasRested = state === "new" && event.timeStamp - since >= PRESS_MS;
      if (state !== "pressed" && !hasRested) return;
      wasLong = true;
      // If the sheet were open already, a browser could take the next event for a press beside it.
      setTimeout(() => showMenu(row, row.getBoundingClientRect(), true), LIFT_MS);
    }

    /** A long press does not follow the link under the finger. */
    function onClick(event: MouseEvent) {
      if (!wasLong || !event.isTrusted) return;
      event.preventDefault();
      event.stopPropagation();
      wasLong = false;
    }

    const ended = new AbortController();
    const { signal } = ended;
    list.addEventListener("pointerdown", onPointerDown, { signal });
    list.addEventListener("pointermove", onPointerMove, { signal });
    list.addEventListener("pointerup", onPointerUp, { signal });
    list.addEventListener("pointercancel", forget, { signal });
    list.addEventListener("contextmenu", (event) => touch && event.preventDefault(), { signal, capture: true });
    list.addEventListener("click", onClick, { signal, capture: true });
    return () => {
      forget();
      ended.abort();
    };
  }, [view]);
  return (
    <div ref={icon} class="swipe-icon" hidden aria-hidden="true">
      <Icon name={mark} />
    </div>
  );
}

/** Whether something under the finger scrolls sideways itself, or the finger came from the edge. */
function isTaken(target: EventTarget | null, { row, x }: Touch): boolean {
  if (x < EDGE || x > innerWidth - EDGE) return true;
  for (
    let element = target instanceof Element ? target : null;
    element && element !== row;
    element = element.parentElement
  )
    if (element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX))
      return true;
  return false;
}
