import type { NodeInfo, Sample } from "../../protocol/metrics.ts";
import type { ChangeEvent } from "./change-event.ts";

/** What nodes tell each other. None of it is needed to be right in the end: the log is; the bus makes it fast. */
export type BusEvent =
  | ChangeEvent
  /** A conversation is at this version: who is behind fills from the log. */
  | { kind: "head"; conversationId: string; version: number; lastSeq: number }
  | EphemeralEvent
  /** One has read up to there: a frame for one's own `/ws/` sockets. Missed, it is learnt with the next `subscribed`. */
  | { kind: "read_position"; conversationId: string; userId: number; frame: string }
  | ToUserEvent
  /** Sessions that ended; `key` is what the node's session cache knows one by. */
  | { kind: "sessions_ended"; userId: number; sessions: { id: string; key: string }[] }
  /** Sessions may have ended that nobody was told of: each node asks anew for those of its open sockets. */
  | { kind: "sessions_doubted" }
  /** A session got a new token: `key` is that of its old one. */
  | { kind: "session_renewed"; key: string }
  | PresenceEvent
  /** A user's name has changed, or what they may do. */
  | { kind: "user_changed"; userId: number; fullName: string }
  /** There is no such conversation any more. */
  | { kind: "conversation_removed"; conversationId: string }
  /** Retention has removed the conversation's messages up to this `seq`. Missed, the next answer says the same. */
  | { kind: "pruned"; conversationId: string; prunedSeq: number }
  /** Admins chose other settings, or the server has its first superuser. Nodes read both anew. */
  | { kind: "settings_changed" }
  /** A new epoch has begun. Nodes do not believe the event, but ask the database when it comes. */
  | { kind: "history_changed"; epoch: string }
  /** How a node was at a moment, ms since the epoch. */
  | { kind: "sample"; node: NodeInfo; at: number; sample: Sample }
  /** A node ends: it takes no more samples. */
  | { kind: "node_ended"; nodeId: string };

/** A frame nobody misses when it is lost: typing, read. Goes to the conversation's sockets but those of `fromUserId`. */
export interface EphemeralEvent {
  kind: "ephemeral";
  conversationId: string;
  fromUserId: number;
  frame: string;
}

/** People who came online or went offline. Of one user the change with the highest `at` counts. */
export interface PresenceEvent {
  kind: "presence";
  changes: { userId: number; online: boolean; at: number; lastSeen?: string }[];
}

/** A frame for every `/ws/` socket of one user. */
export interface ToUserEvent {
  kind: "to_user";
  userId: number;
  /** The conversation that is new to them, and its version when they came in; 0: it was made with them. */
  joined?: { conversationId: string; version: number };
  frame: string;
}

/**
 * The conversation whose followers alone an event concerns. `undefined`: it concerns every node. So does who takes
 * part: a node believes memberships of conversations that none of its sockets is in.
 */
export function followersOf(event: BusEvent): string | undefined {
  if (!("conversationId" in event) || event.kind === "conversation_removed") return undefined;
  const changesMembers = event.kind === "change" && Boolean(event.added?.length || event.removed?.length);
  return changesMembers ? undefined : event.conversationId;
}

/**
 * Fan-out between nodes. Drivers: in process (stores/embedded/bus.ts) and Redis (stores/redis/bus.ts).
 * - An event reaches the handler of the node that publishes it before `publish` returns, and those of the others later.
 * - MUST be called after commit only.
 * - Events of one conversation may arrive out of order or not at all on other nodes: the hub orders and fills.
 */
export interface Bus {
  publish(event: BusEvent): void;
  /** Sets the one handler of this node. It MUST NOT throw or block. */
  onEvent(handler: (event: BusEvent) => void): void;
  /**
   * Sets what is done while events may have got lost: soon, about every second, and until it has succeeded once with
   * all being well again. It is never called before its last call has ended.
   */
  onDoubt(handler: () => Promise<void>): void;
  /** Whether every event of every node arrives, as far as can be known. */
  readonly isSure: boolean;
  /** Resolves when all events of the conversation that are published from now on reach this node. */
  subscribe(conversationId: string): Promise<void>;
  unsubscribe(conversationId: string): void;
  close(): Promise<void>;
}
