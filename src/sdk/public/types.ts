// The shapes of the wire as plain types, so that users of the SDK need no zod. tests/sdk/wire.test.ts checks that they are
// the same as the types of src/protocol/.

/** A user, as everybody may see them. Times are ISO 8601 in UTC. */
export interface User {
  id: number;
  email: string;
  first_name: string;
  last_name: string;
  full_name: string;
  last_seen: string | null;
  date_joined: string;
  /** Set when the account is deactivated: this person reads nothing. */
  is_active?: false | undefined;
}

/**
 * A message as the server has it. `seq` numbers the messages of a conversation: 1, 2, 3, … A deleted message stays, with
 * `deleted_at` and empty content.
 */
export interface Message {
  id: string;
  conversation_id: string;
  sender_id: number;
  sender_name: string;
  sender_email: string;
  content: string;
  /** Seconds since the epoch. */
  timestamp: number;
  created_at: string;
  seq: number;
  version: number;
  client_id?: string | undefined;
  edited_at?: string | undefined;
  deleted_at?: string | undefined;
}

/** A conversation and its members. `participants` are the first 50 members, in the order in which they joined. */
export interface ConversationInfo {
  id: string;
  name: string | null;
  /** The name, or one made of the members' names. In a 1-on-1, each member sees the name of the other. */
  display_name: string;
  is_group: boolean;
  /** The user who may remove others from a group. `null` for a 1-on-1. */
  owner_id: number | null;
  participants: User[];
  participant_count: number;
  created_at: string;
  updated_at: string;
}

/** The people who may add you to conversations at once. All others send you a request. */
export type MayAddMe = "everybody" | "shared" | "nobody";

/** Your own user. `is_superuser` is set for superusers only. */
export interface Profile extends User {
  may_add_me: MayAddMe;
  is_superuser?: true | undefined;
}

/** Somebody wants to write to you, or to add you to a group, and waits for your answer. */
export interface ConversationRequest {
  id: string;
  from: User;
  /** The group. `null`: a 1-on-1 with `from`. */
  conversation: { id: string; display_name: string } | null;
  created_at: string;
}

/** One of your sessions. */
export interface SessionInfo {
  id: string;
  created_at: string;
  last_used_at: string;
  address: string;
  client: string;
  current: boolean;
}
