import type { ChangeEvent } from "../bus/change-event.ts";

/** The most changes in one frame. */
export const RUN_MAX = 500;

/** A frame ends with its message and a brace, and before them a mark has its change. No JSON text can hold these as they are. */
const MESSAGE = ',"message":';
const CHANGE = ',"change":';

/** A run of marks on one message without gaps, which goes out as one frame. */
export class Run {
  private from = 0;
  private last: ChangeEvent | undefined;
  private readonly changes: string[] = [];

  get length(): number {
    return this.changes.length;
  }

  /** Adds an event, if it is a mark and continues the run. Returns whether it did. */
  take(event: ChangeEvent): boolean {
    const { last } = this;
    const change = changeIn(event);
    if (change === undefined || this.length === RUN_MAX) return false;
    if (last && (last.version + 1 !== event.version || last.message?.seq !== event.message?.seq)) return false;
    if (!last) this.from = event.version;
    this.last = event;
    this.changes.push(change);
    return true;
  }

  /** The last event, with the frame of the whole run. */
  merged(): ChangeEvent | undefined {
    const { last, from, changes } = this;
    return last && changes.length > 1 ? rangeEvent(last, from, changes) : last;
  }
}

/**
 * The event of a run: its message is as it is after the last mark.
 * @param from the version of the first mark
 * @param changes of all marks, as JSON
 */
export function rangeEvent(last: ChangeEvent, from: number, changes: readonly string[]): ChangeEvent {
  const { conversationId, version, tag, frame } = last;
  const place = `"conversation_id":"${conversationId}","version":${version},"from":${from},"tag":"${tag}"`;
  const message = frame.slice(frame.indexOf(MESSAGE));
  return { ...last, frame: `{"type":"message_changed",${place},"changes":[${changes.join(",")}]${message}` };
}

/** The change of a mark as JSON; `undefined` when the event is no mark. It is read from the frame, which other nodes get too. */
function changeIn({ message, frame }: ChangeEvent): string | undefined {
  if (!message || message.isNew) return undefined;
  const [start, end] = [frame.indexOf(CHANGE), frame.indexOf(MESSAGE)];
  return start >= 0 && start < end ? frame.slice(start + CHANGE.length, end) : undefined;
}
