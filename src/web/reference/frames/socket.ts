import { signal } from "@preact/signals";
import { referenceTexts } from "../../texts/reference.ts";
import { reformatted } from "../parts/read-json.ts";

const { console: texts } = referenceTexts;

export const LINES_MAX = 200;
/** Letters of a frame that a line keeps. */
const LETTERS_MAX = 20_000;

export interface Line {
  id: number;
  at: Date;
  kind: "sent" | "received" | "note";
  /** The `type` of a frame. */
  title: string;
  text: string;
}

export const state = signal<"closed" | "opening" | "open">("closed");
/** The path of the open socket. */
export const path = signal("");
/** The lines that the page shows. */
export const lines = signal<readonly Line[]>([]);
export const isPaused = signal(false);
/** Lines since the pause began. */
export const waiting = signal(0);

let socket: WebSocket | undefined;
let all: readonly Line[] = [];
let lastId = 0;
let isDrawing = false;

/** Opens a socket on this server with the session of the browser. */
export function open(to: string, adviceOf: (code: number) => string): void {
  close();
  const made = new WebSocket(socketUrl(to));
  let wasOpen = false;
  socket = made;
  path.value = to;
  state.value = "opening";
  made.addEventListener("open", () => {
    wasOpen = true;
    state.value = "open";
    note(texts.isOpen(to));
  });
  made.addEventListener("message", ({ data }) => add("received", String(data)));
  made.addEventListener("close", ({ code, reason }) => {
    note(wasOpen ? texts.closed(code, reason || adviceOf(code)) : texts.refused);
    if (socket !== made) return;
    socket = undefined;
    state.value = "closed";
  });
}

/** A path on this server, whatever it looks like. Older browsers take no path without a host. */
function socketUrl(path: string): URL {
  const url = new URL(location.origin.replace(/^http/, "ws"));
  url.pathname = path;
  return url;
}

export function close(): void {
  socket?.close();
  socket = undefined;
  state.value = "closed";
}

/** Sends a frame. Returns whether the socket was open. */
export function sendFrame(text: string): boolean {
  if (state.peek() !== "open" || !socket) return false;
  const frame = JSON.stringify(JSON.parse(text));
  socket.send(frame);
  add("sent", frame);
  return true;
}

export function clear(): void {
  all = [];
  waiting.value = 0;
  lines.value = all;
}

/** Stops or goes on showing new lines. They are kept meanwhile. */
export function setPaused(paused: boolean): void {
  isPaused.value = paused;
  waiting.value = 0;
  lines.value = all;
}

const note = (text: string) => append({ kind: "note", title: "", text });

const add = (kind: "sent" | "received", frame: string) =>
  append({ kind, title: typeOf(frame), text: reformatted(frame).slice(0, LETTERS_MAX) });

function append(line: Omit<Line, "id" | "at">): void {
  all = [...all.slice(1 - LINES_MAX), { ...line, id: ++lastId, at: new Date() }];
  if (isPaused.peek()) waiting.value++;
  else draw();
}

/** Draws at most once a frame of the screen, however many frames the socket gets. */
function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (!isPaused.peek()) lines.value = all;
  });
}

function typeOf(frame: string): string {
  try {
    const value: unknown = JSON.parse(frame);
    if (typeof value === "object" && value !== null && "type" in value) return String(value.type);
  } catch {
    // It is no JSON, so it has no type.
  }
  return "";
}
