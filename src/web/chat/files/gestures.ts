import { CLOSE, SCALE_MAX, STEP, type View, WHOLE, within, zoomAt } from "./zoom.ts";

/** Pixels. A swipe of this length goes on to the next picture, or closes the viewer. */
const SWIPE = 60;
const CLOSING = 110;
/** Pixels. A finger that moves less has pressed. */
const STILL = 6;

export interface GestureCalls {
  /** The picture lies otherwise. `pulled`: a finger pulls the whole picture away. */
  onView(view: View, pulled: { x: number; y: number } | undefined): void;
  onSwipe(way: 1 | -1): void;
  onPullDown(): void;
  /** A press beside the picture. */
  onBeside(): void;
}

interface Point {
  x: number;
  y: number;
}

/** Follows fingers, mouse and wheel on the stage of a picture. */
export class Gestures {
  private view = WHOLE;
  private readonly fingers = new Map<number, Point>();
  private start: Point = { x: 0, y: 0 };
  private hasMoved = false;
  private isBeside = false;
  private readonly ended = new AbortController();

  constructor(
    private readonly stage: HTMLElement,
    private readonly picture: () => HTMLElement | null,
    private readonly calls: GestureCalls,
  ) {
    const { signal } = this.ended;
    stage.addEventListener("pointerdown", (event) => this.onDown(event), { signal });
    stage.addEventListener("pointermove", (event) => this.onMove(event), { signal });
    for (const type of ["pointerup", "pointercancel"] as const)
      stage.addEventListener(type, (event) => this.onUp(event, type === "pointerup"), { signal });
    stage.addEventListener("wheel", (event) => this.onWheel(event), { signal, passive: false });
    stage.addEventListener("dblclick", (event) => this.onDouble(event), { signal });
  }

  end() {
    this.ended.abort();
  }

  get scale() {
    return this.view.scale;
  }

  /** Steps of the keys and buttons: 1 enlarges, -1 makes smaller, 0 shows all. */
  zoom(step: number) {
    this.set(step === 0 ? WHOLE : zoomAt(this.view, STEP ** step, { x: 0, y: 0 }));
  }

  /** Moves an enlarged picture. Returns whether it is enlarged. */
  move(x: number, y: number): boolean {
    if (this.view.scale === 1) return false;
    this.set({ ...this.view, x: this.view.x + x, y: this.view.y + y });
    return true;
  }

  private set(view: View, pulled?: Point) {
    const element = this.picture();
    const { clientWidth: width, clientHeight: height } = this.stage;
    const size = { width: element?.offsetWidth ?? 0, height: element?.offsetHeight ?? 0 };
    this.view = within(view, size, { width, height });
    this.calls.onView(this.view, pulled);
  }

  /** From the middle of the stage. */
  private pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  private onDown(event: PointerEvent) {
    if (event.button !== 0 || isControl(event.target)) return;
    this.stage.setPointerCapture(event.pointerId);
    const point = this.pointOf(event);
    if (this.fingers.size === 0) {
      this.start = point;
      this.hasMoved = false;
      this.isBeside = event.target === this.stage;
    }
    this.fingers.set(event.pointerId, point);
  }

  private onMove(event: PointerEvent) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const point = this.pointOf(event);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, point);
    if (other) return this.pinch(before, point, other);
    const pulled = { x: point.x - this.start.x, y: point.y - this.start.y };
    this.hasMoved ||= Math.hypot(pulled.x, pulled.y) > STILL;
    if (this.view.scale > 1) this.move(point.x - before.x, point.y - before.y);
    else if (this.hasMoved && event.pointerType !== "mouse") this.calls.onView(this.view, pulled);
  }

  private pinch(before: Point, now: Point, other: Point) {
    this.hasMoved = true;
    const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const moved = {
      ...this.view,
      x: this.view.x + (now.x - before.x) / 2,
      y: this.view.y + (now.y - before.y) / 2,
    };
    this.set(zoomAt(moved, apart(now) / apart(before), middle));
  }

  private onUp(event: PointerEvent, isLifted: boolean) {
    if (!this.fingers.delete(event.pointerId) || this.fingers.size > 0) return;
    if (isLifted && this.isBeside && !this.hasMoved) return this.calls.onBeside();
    if (this.view.scale > 1 || !this.hasMoved || event.pointerType === "mouse") return;
    const { x, y } = this.pointOf(event);
    const [along, down] = [x - this.start.x, y - this.start.y];
    this.set(WHOLE);
    if (!isLifted) return;
    if (Math.abs(along) > SWIPE && Math.abs(along) > Math.abs(down)) this.calls.onSwipe(along < 0 ? 1 : -1);
    else if (down > CLOSING && down > Math.abs(along)) this.calls.onPullDown();
  }

  private onWheel(event: WheelEvent) {
    event.preventDefault();
    // A trackpad sends many small steps, and a pinch on it has `ctrlKey`.
    const speed = event.ctrlKey ? 0.01 : event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 0.05 : 0.002;
    this.set(zoomAt(this.view, Math.exp(-event.deltaY * speed), this.pointOf(event)));
  }

  private onDouble(event: MouseEvent) {
    if (isControl(event.target)) return;
    this.set(this.view.scale > 1 ? WHOLE : zoomAt(this.view, Math.min(CLOSE, SCALE_MAX), this.pointOf(event)));
  }
}

const isControl = (target: EventTarget | null) =>
  target instanceof Element && target.closest("button, a, video") !== null;
