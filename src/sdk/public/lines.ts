/** A change of a conversation that is shown between its messages, such as “Ann added Bob”. It is no message. */
export interface Line {
  /** It stands after the message with this `seq`. 0: before all messages. */
  after_seq: number;
  /** The change. Lines are ordered by it. */
  version: number;
  at: string;
  kind: "members_added" | "members_removed" | "renamed" | "owner_changed" | "picture_changed" | "pinned";
  /** The person who did it. Missing when nobody did, and for changes that an earlier release made. */
  user_id?: number | undefined;
  user_name?: string | undefined;
  /** The people who were added or removed, or the new owner. At most 10 of `user_count`. */
  users: { id: number; full_name: string }[];
  user_count: number;
  /** Of `renamed`: the group's name from then on. */
  name?: string | null | undefined;
  /** Of `pinned`: the `seq` of the message. */
  message_seq?: number | undefined;
}
