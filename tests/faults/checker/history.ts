/** The record of a run: everything that clients asked and got, timed by this process's monotonic clock, in ms. */
export interface History {
  operations: Operation[];
  streams: Stream[];
  faults: FaultWindow[];
  /** Set when the database has gone back to an earlier state, and goes on from there. */
  wentBack?: WentBack;
  /** Connections that a client made after its first. */
  reconnects: number;
  /** Faults that no check of the record can see: a hang, a senseless refusal, a node that ended by itself. */
  oddities: Violation[];
}

/** A guarantee that did not hold, by the name of its check. */
export interface Violation {
  check: string;
  text: string;
}

/**
 * `ok`: the server said that it is done. `fail`: the server said that nothing was done. `unknown`: it was asked, and no
 * answer came, or one that leaves it open (`unavailable`).
 */
export type Outcome = "ok" | "fail" | "unknown";

interface Asked {
  person: number;
  conversation: string;
  node: number;
  invokedAt: number;
  /** When the answer came, or was given up. */
  endedAt: number;
  outcome: Outcome;
  /** The code of a refusal, or why no answer came. */
  why?: string;
}

export type Send = Asked & {
  kind: "send";
  content: string;
  clientId: string | undefined;
  /** The socket it went over; sends of one socket are pipelined. */
  connection: string | undefined;
  result?: { id: string; seq: number };
};
/** `content` is null for a deletion. */
export type Amend = Asked & { kind: "amend"; messageId: string; content: string | null };
/** `messageId`: the message that the device had at `seq`, where it had one. */
export type Read = Asked & { kind: "read"; seq: number; messageId?: string };
export type Page = Asked & { kind: "page"; newest: boolean; limit: number; messages?: MessageView[] };
export type Members = Asked & { kind: "members"; added?: number; removed?: number };
/** Somebody comes in by the invite. Of somebody new `person` is who they became, or 0 while that is not known. */
export type Join = Asked & { kind: "join"; isNew: boolean };
export type Operation = Send | Amend | Read | Page | Members | Join;

/** A message as somebody was shown it. */
export interface MessageView {
  id: string;
  seq: number;
  senderId: number;
  content: string;
  deleted: boolean;
}

/** Where somebody stands: a version, and the id of the change at it, which names the history. */
export interface Cursor {
  version: number;
  tag: string | undefined;
}

/** One subscription of one connection to one conversation, from its greeting to its end. */
export interface Stream {
  connection: string;
  person: number;
  /** The client's device, which lives through many connections. */
  device: string;
  node: number;
  conversation: string;
  /** When it was asked for. */
  askedAt: number;
  /** When it was answered. */
  greetedAt: number;
  /** When it was over; not set while it is open. */
  endedAt?: number;
  /** The cursor that it resumed after. Older clients send none of the tags. */
  after: Cursor;
  /** `last_version` of the greeting. */
  greeted: number;
  /** When the server asked to refetch, and where the stream goes on from. */
  resets: Reset[];
  frames: Delivered[];
}

export interface Reset {
  at: number;
  /** How many frames had come before. */
  frames: number;
  to: Cursor;
}

export interface Delivered {
  at: number;
  version: number;
  /** The id of the change. */
  tag: string;
  change:
    | { kind: "message" | "amended"; message: MessageView }
    | { kind: "members"; added: number[]; removed: number[] };
}

/**
 * The database went back, at most once in a run. Everything committed after `copiedAt` may be gone, acked or not: that
 * is the dead history. `kept` is the beginning of both histories.
 */
export interface WentBack {
  kind: string;
  /** Everything acked before this moment is in the state that the database went back to. */
  copiedAt: number;
  /** From then on the dead history commits nothing. */
  diedAt: number;
  /** From then on nodes reach the new one. Nothing of it was answered before. */
  bornAt: number;
  /** The time that a socket may take to hear of it is over. Not set: it is not over, or other faults made it longer. */
  toldBy?: number;
  /** The log as the new history found it. */
  kept: Map<string, TrueConversation>;
}

export interface FaultWindow {
  kind: string;
  from: number;
  until: number;
}

/** The final truth: PostgreSQL's own tables. */
export interface Truth {
  conversations: Map<string, TrueConversation>;
  /** Each node's view of each conversation. */
  views: NodeView[];
  /** The final copies of the devices, made by applying every frame that they got. */
  replicas: Replica[];
  invite?: TrueInvite;
}

export interface TrueInvite {
  conversation: string;
  maxUses: number;
  uses: number;
  /** The people who joined by it. */
  people: number[];
}

export interface TrueConversation {
  lastSeq: number;
  lastVersion: number;
  /** In the order of `seq`. */
  messages: (MessageView & { version: number; clientId: string | null })[];
  /** Every change but new messages, in the order of `version`. */
  changes: {
    version: number;
    tag: string;
    lastSeq: number;
    messageSeq: number | null;
    added: number[];
    removed: number[];
  }[];
  /** Read positions by user. */
  members: Map<number, number>;
}

export interface NodeView {
  node: number;
  conversation: string;
  messages: MessageView[];
  total: number;
  /** `unread_count` by user, as each is told. */
  unread: Map<number, number>;
}

export interface Replica {
  device: string;
  knowsTags: boolean;
  /** The device's last state, as text for people. */
  state?: string;
  person: number;
  conversation: string;
  version: number;
  /** The id of the change at `version`. */
  tag: string | undefined;
  /** It holds every message from here on; Infinity while it waits for a page to begin anew with. */
  fromSeq: number;
  messages: Map<number, MessageView>;
}
