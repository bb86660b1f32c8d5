// The shapes of the wire as plain types, so that users of the SDK need no zod. tests/sdk/wire.test.ts checks that they are
// the same as the types of src/protocol/.

import type { MessageFields } from "./message-fields.ts";

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
  /** The id of this person's picture, when there is one. `avatarUrl` gives its address. */
  avatar?: string | undefined;
}

/**
 * A message as the server has it. `seq` numbers the messages of a conversation: 1, 2, 3, … A deleted message stays, with
 * `deleted_at` and empty content.
 */
export interface Message extends MessageFields {
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
  kind: "direct" | "group" | "thread";
  name: string | null;
  /** The name, or one made of the members' names. In a 1-on-1, each member sees the name of the other. */
  display_name: string;
  is_group: boolean;
  /** The user who may remove others from a group. `null` for a 1-on-1. */
  owner_id: number | null;
  /** The id of the group's picture, when there is one. `pictureUrl` gives its address. */
  picture?: string | undefined;
  participants: User[];
  participant_count: number;
  created_at: string;
  updated_at: string;
  /** Only on a thread: the conversation that it belongs to. */
  parent_id?: string | undefined;
  /** Only on a thread: the message that it answers. `null` when retention has removed it. */
  root_message_id?: string | null | undefined;
  /** Only on a thread: the `seq` of that message in its conversation. */
  root_seq?: number | undefined;
  /** Only on a thread: whether you follow it. */
  is_following?: boolean | undefined;
  /** Only on a thread of a list: the message that it answers, as it was then. `null` when retention has removed it. */
  root?: Message | null | undefined;
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
