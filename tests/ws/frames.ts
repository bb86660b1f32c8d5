import type { Frame, Socket } from "../support/socket.ts";

const CHANGES = new Set(["message", "message_changed", "participants"]);

/** The frames that are steps of a conversation's log. */
export const changesIn = (frames: Frame[]) => frames.filter((frame) => CHANGES.has(frame.type));

const versionOf = (frame: Frame): number => (frame.type === "message" ? frame.message.version : frame.version);

export const versionsIn = (frames: Frame[]) => changesIn(frames).map(versionOf);

/** `from`, `from + 1`, …, `to`. */
export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The texts of all frames of these types, to the byte. */
export const textsOf = (socket: Socket, ...types: string[]) =>
  socket.texts.filter((_, i) => types.includes(socket.frames[i].type));

/** Resolves when the socket has got this version; a change that came later than that has come too. */
export const reached = (socket: Socket, version: number, patienceMs = 30_000) =>
  socket.until((frames) => {
    const last = frames.findLast((frame) => CHANGES.has(frame.type));
    return last !== undefined && versionOf(last) >= version;
  }, patienceMs);

/** How the server closed the socket; throws when it stays open. */
export async function closeOf(socket: Socket, patienceMs = 9_000): Promise<{ code: number; reason: string }> {
  const patience = Bun.sleep(patienceMs).then(() => "stayed open" as const);
  const end = await Promise.race([socket.closed, patience]);
  if (end === "stayed open") throw new Error("the socket stayed open");
  return end;
}

let sends = 0;

/** Sends all contents, never more at once than a server takes from one socket and a reader can hold; returns the acks. */
export async function sendAll(socket: Socket, contents: string[]): Promise<Frame[]> {
  const prefix = `send ${++sends} `;
  const acks: Frame[] = [];
  let seen = socket.frames.length;
  const size = Math.max(...contents.map((content) => content.length)) > 1_000 ? 20 : 500;
  for (let at = 0; at < contents.length; at += size) {
    const burst = contents.slice(at, at + size);
    for (const content of burst) socket.send({ content, ref: `${prefix}${acks.length}` });
    await socket.until((frames) => {
      for (; seen < frames.length; seen++) if (frames[seen].ref?.startsWith(prefix)) acks.push(frames[seen]);
      return acks.length === at + burst.length;
    }, 30_000);
  }
  return acks;
}
