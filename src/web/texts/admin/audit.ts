import type { AuditAction, AuditDetails, AuditTarget } from "../../../protocol/admin.ts";
import { count } from "../format.ts";

const did: Record<AuditAction, string> = {
  superuser_created: "created the admin",
  superuser_granted: "gave admin rights to",
  superuser_revoked: "removed the admin rights of",
  user_deactivated: "deactivated",
  user_reactivated: "reactivated",
  user_added: "added",
  avatar_removed: "removed the picture of",
  reset_link_made: "created a password link for",
  invite_made: "created",
  invite_revoked: "revoked",
  session_ended: "ended a session of",
  sessions_ended: "ended all sessions of",
  user_viewed: "viewed the sessions of",
  messages_read: "read messages in",
  message_removed: "removed",
  conversation_removed: "removed the conversation",
  password_set: "set the password of",
  settings_changed: "changed the settings of",
};

const actions: Record<AuditAction, string> = {
  superuser_created: "Admin created",
  superuser_granted: "Admin rights given",
  superuser_revoked: "Admin rights removed",
  user_deactivated: "User deactivated",
  user_reactivated: "User reactivated",
  user_added: "User added",
  avatar_removed: "Picture removed",
  reset_link_made: "Password link created",
  invite_made: "Invite created",
  invite_revoked: "Invite revoked",
  session_ended: "Session ended",
  sessions_ended: "All sessions ended",
  user_viewed: "Sessions viewed",
  messages_read: "Messages read",
  message_removed: "Message removed",
  conversation_removed: "Conversation removed",
  password_set: "Password set",
  settings_changed: "Settings changed",
};

const targets: Record<AuditTarget, string> = {
  user: "a user",
  conversation: "a conversation without a name",
  message: "a message",
  invite: "an invite",
  server: "this server",
};

/** The details of an entry, beside its actor, action and target. */
function details(given: AuditDetails): string {
  const parts: string[] = [];
  const { count: many, first_seq, last_seq, participants, messages, seq } = given;
  if (typeof first_seq === "number") parts.push(many === 0 ? "no messages" : `#${first_seq} to #${last_seq}`);
  else if (typeof many === "number") parts.push(count(many, "session", "sessions"));
  if (typeof seq === "number") parts.push(`#${seq}`);
  if (typeof participants === "number") parts.push(count(participants, "person", "people"));
  if (typeof messages === "number") parts.push(count(messages, "message", "messages"));
  return parts.join(" · ");
}

/** The texts of the audit log. */
export const audit = {
  action: "Action",
  allActions: "All actions",
  narrowed: "Show all",
  older: "Older entries",
  commandLine: "The command line",
  did,
  actions,
  targets,
  details,
  inviteInto: (isGroup: boolean) => (isGroup ? "an invite into a group" : "an invite to the server"),
  messageOf: (sender: string) => `a message from ${sender}`,
};
