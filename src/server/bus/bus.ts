import type { NodeInfo, Sample } from "../../protocol/metrics.ts";
import type { ChangeEvent } from "./change-event.ts";

/**
 * The events that nodes send each other. The bus only makes delivery fast. The log makes it complete, because any event
 * may be lost.
 */
export type BusEvent =
  | ChangeEvent
  /** A conversation is at this version. A room that is behind fills the gap from the log. */
  | { kind: "head"; conversationId: string; version: number; lastSeq: number }
  | EphemeralEvent
  /**
   * A user's read position has moved. The frame is for their own `/ws/` sockets. If the event is lost, the next
   * `subscribed` frame has the position.
   */
  | { kind: "read_position"; conversationId: string; userId: number; frame: string }
  | ToUserEvent
  | FollowEvent
  /** A user's personal settings have changed. Nodes with sockets of the user read the new ones. */
  | { kind: "me"; userId: number }
  /** Sessions that ended. `key` is the key of a session in each node's cache. */
  | { kind: "sessions_ended"; userId: number; sessions: { id: string; key: string }[] }
  /** Sessions may have ended without an event: each node checks the sessions of its open sockets again. */
  | { kind: "sessions_doubted" }
  /** A session got a new token. `key` belongs to the old one. */
  | { kind: "session_renewed"; key: string }
  | PresenceEvent
  /** A user's name or rights have changed. */
  | { kind: "user_changed"; userId: number; fullName: string }
  /** The conversation was removed. */
  | { kind: "conversation_removed"; conversationId: string }
  /**
   * Retention has removed the conversation's messages up to this `seq`. If the event is lost, the next answer has the
   * number.
   */
  | { kind: "pruned"; conversationId: string; prunedSeq: number }
  /** An admin has changed the settings, or the server has its first superuser. Nodes read both again. */
  | { kind: "settings_changed" }
  /** A new epoch has begun. Nodes do not trust the event, but ask the database. */
  | { kind: "history_changed"; epoch: string }
  /** The state of a node at a moment, in ms since 1970. */
  | { kind: "sample"; node: NodeInfo; at: number; sample: Sample }
  /** A node has ended: no more samples of it come. */
  | { kind: "node_ended"; nodeId: string };

/**
 * A frame that may be lost without harm: typing, read. It goes to the conversation's sockets, but not to the sockets of
 * `fromUserId`.
 */
export interface EphemeralEvent {
  kind: "ephemeral";
  conversationId: string;
  fromUserId: number;
  frame: string;
}

/** Users who came online or went offline. For each user the change with the highest `at` counts. */
export interface PresenceEvent {
  kind: "presence";
  changes: { userId: number; online: boolean; at: number; lastSeen?: string }[];
}

/** A frame for every `/ws/` socket of one user. */
export interface ToUserEvent {
  kind: "to_user";
  userId: number;
  /**
   * The conversation that is new to the user, and its version when they joined. 0: they are a member from its
   * beginning.
   */
  joined?: { conversationId: string; version: number };
  frame: string;
}

/** A user follows a thread from now on, or no longer. */
export interface FollowEvent {
  kind: "follow";
  userId: number;
  threadId: string;
  parentId: string;
  /** The version of the thread since which they follow it, because of a message there. Null: they have decided it. */
  version: number | null;
  isFollowing: boolean;
  /** The frame for the user's `/ws/` sockets that have asked for threads. */
  frame: string;
}

/**
 * The conversation whose subscribers get an event. `undefined`: every node gets it. Every node gets changes of members,
 * because a node also remembers members of conversations in which it has no socket.
 */
export function followersOf(event: BusEvent): string | undefined {
  if (!("conversationId" in event) || event.kind === "conversation_removed") return undefined;
  const changesMembers = event.kind === "change" && Boolean(event.added?.length || event.removed?.length);
  return changesMembers ? undefined : event.conversationId;
}

/**
 * Fan-out between nodes. Drivers: in process (memory-bus.ts) and Redis (redis/bus.ts).
 * - An event reaches the handler of the publishing node before `publish` returns, and the handlers of other nodes
 * later.
 * - `publish` MUST be called after the commit only.
 * - Events of one conversation may arrive out of order or not at all on other nodes: the hub orders and fills.
 */
export interface Bus {
  publish(event: BusEvent): void;
  /** Sets the one handler of this node. It MUST NOT throw or block. */
  onEvent(handler: (event: BusEvent) => void): void;
  /**
   * Sets the handler that runs while events may have been lost. It runs soon and then about every second. It stops
   * after a run that succeeded without a new doubt from its start to its end. Two runs never overlap.
   */
  onDoubt(handler: () => Promise<void>): void;
  /** Whether every event of every node arrives, as far as this node knows. */
  readonly isSure: boolean;
  /** Resolves when all events of the conversation that are published from now on reach this node. */
  subscribe(conversationId: string): Promise<void>;
  unsubscribe(conversationId: string): void;
  close(): Promise<void>;
}
