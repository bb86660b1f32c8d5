import type { ChangeEvent } from "../bus/change-event.ts";
import type { Standing } from "../log/memberships.ts";
import type { Topics } from "./delivery.ts";
import type { ClientSocket } from "./socket.ts";

/** The part of one socket in a room, as far as the room and the hub use it. */
export interface RoomSubscription {
  readonly userId: number;
  readonly socket: Pick<ClientSocket, "send" | "isSlow" | "restart">;
  /** Whether the socket has everything that was delivered, and gets everything that is published. */
  readonly live: boolean;
  /** The user was removed with this change. */
  expel(event: ChangeEvent): void;
  /** The room has started over. */
  admit(standing: Standing | undefined): void;
  /** The right to a thread was read again. */
  readmit(standing: Standing | undefined): void;
  /** The conversation is gone. */
  end(): void;
}

/** The hub, as far as a room uses it. */
export interface RoomEvents extends Topics {
  /** Resolves when the bus brings the conversation's changes. */
  subscribe(): Promise<void>;
  /** A change was found in the log that the bus had not brought. */
  filled(event: ChangeEvent): void;
  /** Where a user stands in the conversation; `undefined`: they are no member. */
  standing(userId: number): Promise<Standing | undefined>;
  /** The log has another history than the one of this epoch. */
  contradicted(): void;
  /** The conversation is gone. */
  gone(): void;
  /** The room can't go on: no socket may enter it from now on. */
  broken(): void;
}
