import type { ConversationMe, ConversationMeBody, ConversationState } from "../../../src/protocol/me.ts";
import type { MessageChange } from "../../../src/protocol/message-changes.ts";
import type { Extras, Filled } from "./extras.ts";

/** The record of a run: everything that clients asked and got, timed by this process's monotonic clock, in ms. */
export interface History {
  operations: Operation[];
  streams: Stream[];
  /** The frames that devices got of their users' own streams. Left out: nobody followed any. */
  meStreams?: MeStream[];
  faults: FaultWindow[];
  /** The conversation of each thread. Left out: there are none. */
  threads?: ReadonlyMap<string, string>;
  /** The people who may ever be in a conversation. A conversation that is left out says nothing. */
  places?: ReadonlyMap<string, People>;
  /** The files that were uploaded, by id. */
  files?: Map<string, Uploaded>;
  /** The files of messages that were acked. */
  shared?: Shared[];
  /** Set when the database has gone back to an earlier state, and goes on from there. */
  wentBack?: WentBack;
  /** Connections that a client made after its first. */
  reconnects: number;
  /** Faults that no check of the record can see: a hang, a senseless refusal, a node that ended by itself. */
  oddities: Violation[];
}

/** The people of a conversation. Movers come and go, and the others stay. */
export interface People {
  members: ReadonlySet<number>;
  movers: ReadonlySet<number>;
}

export interface Uploaded {
  person: number;
  name: string;
  bytes: number;
  digest: string;
}

/** A file of a message. */
export interface Shared {
  conversation: string;
  messageId: string;
  file: string;
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
  /** The id of the message that it answers. */
  replyTo?: string | undefined;
  alsoInParent?: true | undefined;
  files?: readonly string[] | undefined;
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
/** Somebody changes their personal settings of a conversation. `result` is the state that the answer told. */
export type Setting = Asked & { kind: "set"; changes: ConversationMeBody; result?: ConversationMe };
/** The new state of a mark. */
export type MarkOf =
  | { kind: "reaction"; emoji: string; on: boolean }
  | { kind: "pin"; on: boolean }
  | { kind: "vote"; options: number[] };
export type Mark = Asked & { kind: "mark"; messageId: string; of: MarkOf };
export type Save = Asked & { kind: "save"; messageId: string; remindAt: string };
export type Schedule = Asked & { kind: "schedule"; id: string; content: string };
/** Somebody reads a file. `digest`: of the bytes that came. */
export type Download = Asked & { kind: "download"; messageId: string; file: string; digest?: string };
/** Somebody searches for a word, in all conversations where `conversation` is empty. `exact`: these are all. */
export type Search = Asked & {
  kind: "search";
  word: string;
  found?: (MessageView & { conversation: string })[];
  indexed?: Record<string, number>;
  exact?: boolean;
};
/** Somebody changes their own name. */
export type Rename = Asked & { kind: "rename" };
export type Operation =
  | Send
  | Amend
  | Read
  | Page
  | Members
  | Join
  | Setting
  | Mark
  | Save
  | Schedule
  | Rename
  | Download
  | Search;

/** A message as somebody was shown it. */
export interface MessageView {
  id: string;
  seq: number;
  senderId: number;
  content: string;
  deleted: boolean;
  /** Left out: it has none. */
  extras?: Extras | undefined;
  /** Left out where nobody looks at it: in the database. */
  filled?: Filled;
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
  /** The id of the change, or of the last one of its range. */
  tag: string;
  /** The version that the tag is of, where the frame stands for several. */
  tagOf?: number;
  change:
    | { kind: "message" | "amended"; message: MessageView; mark?: string | undefined }
    | { kind: "members"; added: number[]; removed: number[] };
}

/** The personal settings of a conversation as they are stored. A message or a read changes their meaning, but not them. */
export type Settings = Pick<ConversationState, "archived_seq" | "muted_until" | "level" | "unread_seq">;

/** One connection's part of its user's own stream, from its greeting on. */
export interface MeStream {
  connection: string;
  person: number;
  askedAt: number;
  /** The version that it resumed after. */
  after: number;
  /** It resumed in another epoch than the one of its greeting. */
  isOfAnotherEpoch: boolean;
  greeted: number;
  resets: { at: number; frames: number; to: number }[];
  frames: MeDelivered[];
}

export type MeDelivered = {
  at: number;
  /** The first version that the frame stands for. */
  from: number;
} & (SettingsEntry | ReminderEntry | OtherEntry);

export interface OtherEntry {
  kind: "other";
  version: number;
}
export type SettingsEntry = { kind: "conversation" } & Entry;
/** A reminder that came. `messageId` is the message that it is about. */
export interface ReminderEntry {
  kind: "reminder";
  version: number;
  messageId: string;
  remindAt: string;
}

/** Somebody's personal settings of a conversation, and the version of their newest change. */
export interface Entry {
  conversation: string;
  version: number;
  settings: Settings;
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
  /** The conversation of each thread. */
  threads?: ReadonlyMap<string, string>;
  invite?: TrueInvite;
  settings?: TrueSettings;
  /** The marks of each conversation, and the people whom its messages mention. */
  marks?: Map<string, TrueMarks>;
  /** The full names of all users. */
  names?: Map<number, string>;
  later?: TrueLater;
  files?: TrueFiles;
}

/** The tables of files. */
export interface TrueFiles {
  /** The files of messages, in their order. */
  ofMessages: { conversation: string; seq: number; file: string }[];
  /** Files of messages that have no row of their own. */
  lost: string[];
  /** By user, and under 0 of all: the bytes that are counted, and those of the rows. */
  usage: { person: number; counted: number; bytes: number }[];
  /** Everything that was read and searched for at rest. */
  asked: (Download | Search)[];
}

/** The rows of the tables of marks. `seq` is the message's. */
export interface TrueMarks {
  reactions: { seq: number; emoji: string; person: number }[];
  pins: { seq: number; person: number }[];
  votes: { seq: number; person: number; option: number }[];
  mentions: { seq: number; person: number }[];
}

/** The things that were to happen later. */
export interface TrueLater {
  saved: { person: number; messageId: string; remindAt: string | null }[];
  reminders: { person: number; messageId: string; remindAt: string }[];
  /** Messages that are still to be sent. */
  scheduled: { id: string; isWaiting: boolean; error: string | null }[];
}

/** The tables of personal settings, and everybody's view of them. */
export interface TrueSettings {
  /** By user, in the order of `version`. */
  entries: Map<number, Entry[]>;
  /** When the newest message of each conversation came, in ms of the database's clock. */
  updatedMs: Map<string, number>;
  /** When the views were read, in ms of this machine's clock. */
  readMs: number;
  views: SettingsView[];
  copies: SettingsCopy[];
}

/** One user's settings and totals, as a node tells them. */
export interface SettingsView {
  node: number;
  person: number;
  listed: Map<string, Settings>;
  unread: { conversations: number; messages: number; mentions: number; marked: number };
  /** `mention_count` by conversation. */
  mentions: Map<string, number>;
  /** The entries that came to a new socket that asked for everything. */
  replayed: Entry[];
}

/** The final copy of a device that follows its user's own stream. */
export interface SettingsCopy {
  device: string;
  person: number;
  version: number;
  isLoading: boolean;
  settings: Map<string, Settings>;
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
    /** Set for a mark. */
    change?: MessageChange | undefined;
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
