// The wire's shapes as plain types, so that who uses the SDK needs no zod.
// tests/sdk/wire.test.ts holds them to be the very types of src/protocol/.

/** Somebody, as everybody may see them. Times are ISO 8601 in UTC. */
export interface User {
  id: number;
  email: string;
  first_name: string;
  last_name: string;
  full_name: string;
  last_seen: string | null;
  date_joined: string;
  /** There when the account is deactivated: this person reads nothing. */
  is_active?: false | undefined;
}

/**
 * A message as the server has it. `seq` numbers a conversation's messages: 1, 2, 3, … A deleted one stays, with
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

/** What a conversation is and who takes part; `participants` are the first 50 by joining. */
export interface ConversationInfo {
  id: string;
  name: string | null;
  /** The name, or one made of the participants' names; differs with who looks. */
  display_name: string;
  is_group: boolean;
  /** Of a group: who may remove others. */
  owner_id: number | null;
  participants: User[];
  participant_count: number;
  created_at: string;
  updated_at: string;
}

/** Who may add you to conversations at once. All others send you a request. */
export type MayAddMe = "everybody" | "shared" | "nobody";

/** Yourself. `is_superuser` is there for superusers only. */
export interface Profile extends User {
  may_add_me: MayAddMe;
  is_superuser?: true | undefined;
}

/** A wish to write to you, or to add you to a group. It waits for your answer. */
export interface ConversationRequest {
  id: string;
  from: User;
  /** The group; null: a 1-on-1 with `from`. */
  conversation: { id: string; display_name: string } | null;
  created_at: string;
}

/** One of one's own logins. */
export interface SessionInfo {
  id: string;
  created_at: string;
  last_used_at: string;
  address: string;
  client: string;
  current: boolean;
}
