import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Scanner, Verdict } from "./scanner.ts";

/** The scanner may rest this long without a sign, in ms. Its own limit for one file is two minutes. */
const QUIET_MS = 180_000;
const CONNECT_MS = 5_000;
/** The most bytes of one piece. */
const PIECE_BYTES = 64 * 1024;
/** The end of a stream: a piece without bytes. */
const END = new Uint8Array(4);
const ANSWER_MOST = 4_096;

/** Where a clamd listens: a TCP port, or a socket in the file system. */
export type ClamdPlace = { host: string; port: number } | { path: string };

/** The virus scanner ClamAV, by the protocol of its daemon clamd. */
export class Clamd implements Scanner {
  constructor(private readonly place: ClamdPlace) {}

  async scan(_file: unknown, open: () => Promise<ReadableStream<Uint8Array>>): Promise<Verdict> {
    const text = await this.ask("zINSTREAM\0", open);
    const [, found] = /^stream: (.+) FOUND$/.exec(text) ?? [];
    if (found !== undefined) return { clean: false, reason: found };
    if (text === "stream: OK") return { clean: true };
    // Another try would end the same way: the operator has to raise StreamMaxLength.
    if (text.includes("size limit exceeded")) return { clean: false, reason: "larger than the scanner accepts" };
    throw new Error(`clamd answers: ${text}`);
  }

  async check(): Promise<void> {
    const text = await this.ask("zPING\0");
    if (text !== "PONG") throw new Error(`clamd answers: ${text}`);
  }

  /** Sends a command, and bytes after it. Resolves to the answer. */
  private async ask(command: string, open?: () => Promise<ReadableStream<Uint8Array>>): Promise<string> {
    const socket = await connected(this.place);
    try {
      const answer = answerOf(socket);
      socket.write(command);
      if (open) await feed(socket, await open(), answer);
      const { text, error } = await answer;
      if (text === "") throw error ?? new Error("clamd closed the connection without an answer");
      return text;
    } finally {
      socket.destroy();
    }
  }
}

async function connected(place: ClamdPlace): Promise<Socket> {
  const socket = connect(place);
  socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error("clamd does not answer")));
  await once(socket, "connect");
  socket.setTimeout(QUIET_MS);
  return socket;
}

/** The answer: the text up to the first zero byte, or what came before the connection ended. */
function answerOf(socket: Socket): Promise<{ text: string; error: Error | undefined }> {
  let text = "";
  let failed: Error | undefined;
  return new Promise((resolve) => {
    const end = () => resolve({ text: text.split("\0", 1)[0]?.trim() ?? "", error: failed });
    socket.on("data", (data) => {
      text += data.toString();
      if (text.includes("\0") || text.length > ANSWER_MOST) end();
    });
    socket.on("error", (error) => {
      failed = error;
    });
    socket.on("end", end).on("close", end);
  });
}

/** Sends the bytes piece by piece. Stops when the answer is there, as when clamd has enough. */
async function feed(socket: Socket, bytes: ReadableStream<Uint8Array>, answer: Promise<unknown>): Promise<void> {
  let isAnswered = false;
  const answered = answer.then(() => {
    isAnswered = true;
  });
  // An error of the source ends the connection without END. So a file that was cut off never counts as clean.
  for await (const chunk of bytes)
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const piece = chunk.subarray(start, start + PIECE_BYTES);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      if (isAnswered) return;
      const isTaken = socket.write(Buffer.concat([length, piece]));
      // A clamd that has enough answers and closes the connection. The answer must be read before the next piece is
      // written, which fails then.
      if (isTaken) await new Promise(setImmediate);
      else await Promise.race([once(socket, "drain"), answered]).catch(() => answered);
    }
  if (!isAnswered) socket.write(END);
}
