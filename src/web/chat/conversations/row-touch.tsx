import { render } from "preact";
import { Icon } from "../../design/icon.tsx";
import { archiveAction, type PreferenceAction, readAction } from "../preferences/actions.ts";
import type { Session } from "../session/session.ts";
import { rowAt } from "./row-at.ts";
import { openRowMenu } from "./row-menu.ts";
import "./row-touch.css";

/** Pixels. A finger that moved less rests, and one that moved farther scrolls or swipes. */
const STILL = 10;
/** Pixels. A swipe that ends farther away acts. */
const FAR = 84;
/** Milliseconds. The menu opens when a finger that rested longer is lifted. */
const REST_MS = 450;

/** Swiping a row archives it or marks it as read, and a finger that rests on it opens its menu. */
export function followTouch(pane: HTMLElement, session: Session, signal: AbortSignal) {
  pane.addEventListener("touchstart", (event) => begin(event, session), { signal, passive: true });
}

function begin(start: TouchEvent, session: Session) {
  const [finger] = start.touches;
  const at = rowAt(start.target);
  const link = at?.row.querySelector<HTMLElement>(".conversation-row");
  if (!finger || !at || !link || start.touches.length > 1) return;
  const { row, conversation } = at;
  const { clientX: x, clientY: y } = finger;
  const over = new AbortController();
  let strip: Strip | undefined;
  let moved = 0;
  let hasRested = false;
  /** The finger has not moved. */
  let isStill = true;

  const end = () => {
    clearTimeout(timer);
    over.abort();
    strip?.remove();
    link.style.transform = "";
    row.classList.remove("entry-pressed");
  };
  const timer = setTimeout(() => {
    hasRested = true;
    row.classList.add("entry-pressed");
  }, REST_MS);

  const move = (event: TouchEvent) => {
    const [now] = event.touches;
    if (!now || event.touches.length > 1) return end();
    const [right, down] = [now.clientX - x, now.clientY - y];
    if (!strip) {
      if (Math.hypot(right, down) < STILL) return;
      isStill = false;
      clearTimeout(timer);
      if (hasRested || Math.abs(down) > Math.abs(right) / 2) return end();
    }
    event.preventDefault();
    moved = right;
    const isToEnd = right > 0 === (getComputedStyle(row).direction === "ltr");
    const action = isToEnd ? readAction(conversation) : archiveAction(conversation);
    strip ??= new Strip(row);
    strip.show(action, isToEnd, Math.abs(right) >= FAR);
    link.style.transform = `translateX(${right}px)`;
  };
  const lift = (event: TouchEvent) => {
    const action = strip?.action;
    end();
    // A busy page runs its timers late.
    if (isStill && event.timeStamp - start.timeStamp >= REST_MS) hasRested = true;
    // Neither opens the conversation.
    if (hasRested || strip) event.preventDefault();
    // A menu that is open before the finger is lifted would take that for a press beside it.
    if (hasRested && !strip) setTimeout(() => openRowMenu(session, conversation, { x, y }));
    if (action && Math.abs(moved) >= FAR) action.run();
  };
  const options = { signal: over.signal };
  row.addEventListener("touchmove", move, { ...options, passive: false });
  row.addEventListener("touchend", lift, { ...options, passive: false });
  row.addEventListener("touchcancel", end, options);
}

/** The ground under a row that is swiped aside. It says what happens when the finger is lifted. */
class Strip {
  action: PreferenceAction | undefined;
  readonly #element = document.createElement("div");

  constructor(row: HTMLElement) {
    row.append(this.#element);
  }

  show(action: PreferenceAction, isToEnd: boolean, isFar: boolean) {
    this.action = action;
    this.#element.className = `swipe ${isToEnd ? "swipe-start" : "swipe-end"} ${isFar ? "swipe-far" : ""}`;
    render(
      <>
        <Icon name={action.icon} />
        <span>{action.label}</span>
      </>,
      this.#element,
    );
  }

  remove() {
    render(null, this.#element);
    this.#element.remove();
  }
}
