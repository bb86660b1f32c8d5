import type { BusEvent } from "../bus/bus.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import { Signatures } from "./signature.ts";

/**
 * The text of an event on Redis: the node's id, the number of the event on that node, a dot, the signature, then JSON.
 * After a line break comes the frame, if there is one. A node of the version before reads from the first brace on, so
 * no brace may come earlier.
 */
const ID_LENGTH = 36;
/** Digits of a count that is still a safe integer. */
const COUNT_LENGTH_MOST = 16;
const [DOT, BRACE, ZERO, NINE] = [46, 123, 48, 57];

export interface Envelope {
  nodeId: string;
  /** The number of this event among the node's, beats included: no number counts twice. */
  count: number;
  body: Buffer;
}

/** Why a text is rejected. `unsigned`: it has the form of a node of the version before. */
type Refusal = "unsigned" | "forged";

/** @param body in parts: its description, and its frame if it has one */
export function seal(
  signatures: Signatures,
  { channel, nodeId, count }: { channel: string; nodeId: string; count: number },
  [header, frame = ""]: readonly [string, string?],
): string {
  const from = `${nodeId}${count}`;
  return `${from}.${signatures.sign(`${channel} ${from}`, header, frame)}${header}${frame}`;
}

/** Opens a text from a channel. Trust nothing in it before its signature has been verified. */
export function unseal(signatures: Signatures, channel: string, text: Buffer): Envelope | Refusal {
  if (text[ID_LENGTH] === BRACE) return "unsigned";
  let dot = ID_LENGTH;
  while (dot < ID_LENGTH + COUNT_LENGTH_MOST && isDigit(text[dot])) dot++;
  const start = dot + 1 + Signatures.LENGTH;
  if (text[dot] !== DOT || text[start] !== BRACE) return "forged";
  const from = text.toString("latin1", 0, dot);
  const body = text.subarray(start);
  if (!signatures.isRight(text.toString("latin1", dot + 1, start), `${channel} ${from}`, body)) return "forged";
  return { nodeId: from.slice(0, ID_LENGTH), count: Number(from.slice(ID_LENGTH)), body };
}

/** The node that an unsigned text names. Anybody can have written it. */
export const nodeOf = (text: Buffer): string => text.toString("latin1", 0, ID_LENGTH);

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= ZERO && byte <= NINE;

/**
 * Makes the text that is sealed. A frame travels unchanged, behind a line that describes it.
 * @param epoch of the history that a change belongs to
 */
export function write(event: BusEvent, epoch: string): [string, string?] {
  if (!("frame" in event)) return [JSON.stringify(event)];
  if (event.kind === "change" && event.message && !event.added)
    return [messageHeader(event, event.message, epoch), event.frame];
  const { frame, ...header } = event;
  return [`${JSON.stringify(event.kind === "change" ? Object.assign(header, { epoch }) : header)}\n`, frame];
}

/** The header of a message's change, as JSON.stringify writes it, in a third of the time. All its texts are UUIDs. */
const messageHeader = (
  { conversationId, version, tag, lastSeq }: ChangeEvent,
  { seq, isNew, mentionsAll }: NonNullable<ChangeEvent["message"]>,
  epoch: string,
) =>
  `{"kind":"change","conversationId":"${conversationId}","version":${version},"tag":"${tag}","lastSeq":${lastSeq},"message":{"seq":${seq},"isNew":${isNew}${mentionsAll ? ',"mentionsAll":true' : ""}},"epoch":"${epoch}"}\n`;

/** Reads a text of `write`. A node with our key wrote it, so it is trusted like our own memory. */
export function read(body: Buffer): BusEvent {
  const text = body.toString();
  const end = text.indexOf("\n");
  if (end < 0) return JSON.parse(text);
  return Object.assign(JSON.parse(text.slice(0, end)), { frame: text.slice(end + 1) });
}

/** A sealed event as text: a window keeps a new message as it was published. */
const SEALED = /^([\da-f-]{36}\d{1,16})\.([\w-]{22})(\{[^\n]*)\n/;

/**
 * Opens a published change: its header and the JSON of its message. `undefined`: it is no change, or not signed with
 * our key.
 */
export function unsealMessage(
  signatures: Signatures,
  channel: string,
  text: string,
): { header: ChangeEvent & { epoch: string }; message: string } | undefined {
  const [sealed, from = "", signature = "", header = ""] = SEALED.exec(text) ?? [];
  if (!sealed) return undefined;
  const body = text.slice(from.length + 1 + signature.length);
  if (!signatures.isRight(signature, `${channel} ${from}`, body)) return undefined;
  const frame = text.slice(sealed.length);
  return { header: JSON.parse(header), message: frame.slice(frame.indexOf(MESSAGE) + MESSAGE.length, -1) };
}

/** A message's frame ends with the message and a brace. */
const MESSAGE = '"message":';
