import { closeCodes } from "./close-codes.ts";

/**
 * Every failure of a request or a frame, by the name that the server's code uses:
 * - `code`: the stable code for programs. It never changes its meaning.
 * - `status`: the HTTP status.
 * - `message`: the text for people. Clients of the API's first version may compare it, so most texts are fixed.
 * - `close`: the close code of a socket that fails this way while it opens. Left out: 1011, try again.
 */
export const failures = {
  // The request itself
  bad_host: { code: "bad_host", status: 400, message: "The Host header is not a valid host name" },
  invalid_json: { code: "invalid_json", status: 400, message: "The body is not valid JSON" },
  body_not_an_object: { code: "invalid_body", status: 400, message: "The body must be a JSON object" },
  payload_too_large: { code: "payload_too_large", status: 413, message: "The body is larger than 64 KiB" },
  unsupported_media_type: {
    code: "unsupported_media_type",
    status: 415,
    message: "The body must be sent as Content-Type: application/json",
  },
  path_not_found: { code: "not_found", status: 404, message: "Not found" },
  method_not_allowed: { code: "method_not_allowed", status: 405, message: "Method not allowed" },
  upgrade_required: { code: "upgrade_required", status: 426, message: "This path speaks WebSocket only" },
  foreign_origin: { code: "foreign_origin", status: 403, message: "Requests from this origin are not allowed" },
  validation_failed: { code: "validation_failed", status: 400, message: "Validation failed" },
  unstorable: {
    code: "unstorable",
    status: 400,
    message: "The database can't store this; send something else, as trying again won't help",
  },
  throttled: { code: "throttled", status: 429, message: "Request was throttled." },

  // People
  authentication_required: { code: "authentication_required", status: 401, message: "Authentication required" },
  invalid_credentials: { code: "invalid_credentials", status: 401, message: "Invalid email or password" },
  not_logged_in: { code: "not_logged_in", status: 400, message: "No user is currently logged in" },
  registration_closed: { code: "registration_closed", status: 403, message: "Registration is closed" },
  registration_by_invite: {
    code: "registration_by_invite",
    status: 403,
    message: "You need an invite link to register here. Ask an admin of this server for one.",
  },
  confirmation_required: { code: "confirmation_required", status: 403, message: "Confirm your password first." },
  session_not_found: { code: "not_found", status: 404, message: "Session not found" },
  user_not_found: { code: "not_found", status: 404, message: "User not found" },
  user_inactive: { code: "user_inactive", status: 409, message: "This account is deactivated. Reactivate it first." },
  own_account: { code: "own_account", status: 409, message: "Nobody can deactivate or demote themselves" },
  last_superuser: { code: "last_superuser", status: 409, message: "The last active superuser can't be lost" },

  // Conversations
  conversation_not_found: { code: "not_found", status: 404, message: "Conversation not found" },
  not_a_participant: {
    code: "not_a_participant",
    status: 403,
    message: "You are not a participant in this conversation",
    close: closeCodes.notParticipant,
  },
  not_a_group: { code: "not_a_group", status: 400, message: "Only groups can be changed" },
  not_the_owner: { code: "not_the_owner", status: 403, message: "Only the owner can remove other participants" },
  participant_not_found: { code: "not_found", status: 404, message: "Participant not found" },
  removed_from_group: {
    code: "removed_from_group",
    status: 403,
    message: "The owner of this group removed you. Ask them to add you.",
  },

  // Invites and requests
  invite_not_found: { code: "not_found", status: 404, message: "Invite not found" },
  not_your_invite: {
    code: "not_your_invite",
    status: 403,
    message: "Only its maker, the group's owner and superusers can revoke an invite",
  },
  too_many_invites: {
    code: "too_many_invites",
    status: 409,
    message: "You have 100 invites that still work. Revoke one of them first.",
  },
  group_full: {
    code: "group_full",
    status: 409,
    message: "This group is full. Ask its owner to make room.",
  },
  invite_ended: { code: "invite_ended", status: 410, message: "This invite link does not work any more." },
  request_not_found: { code: "not_found", status: 404, message: "Request not found" },

  // Messages
  message_not_found: { code: "not_found", status: 404, message: "Message not found" },
  not_the_sender: { code: "not_the_sender", status: 403, message: "Only the sender can change a message" },
  message_deleted: { code: "message_deleted", status: 409, message: "This message was deleted" },
  client_id_conflict: {
    code: "client_id_conflict",
    status: 409,
    message: "This client_id was already used for a message with other content",
  },

  // Frames. These failures can't happen over HTTP. The status is for a bridge from HTTP to frames.
  invalid_frame: { code: "invalid_format", status: 400, message: "Invalid message format" },
  unknown_frame_type: { code: "unknown_type", status: 400, message: "Unknown message type" },
  too_many_watched: {
    code: "too_many_watched",
    status: 400,
    message: "One socket can watch at most 1000 people; unwatch some of them first",
  },
  not_subscribed: { code: "not_subscribed", status: 400, message: "Subscribe to this conversation first" },

  // The server
  too_many_sockets: { code: "too_many_sockets", status: 429, message: "Too many open sockets for this user" },
  unavailable: { code: "unavailable", status: 503, message: "The server can't answer right now, please try again" },
  draining: { code: "draining", status: 503, message: "The server is restarting, please try again" },
  starting: { code: "starting", status: 503, message: "The server is starting, please try again" },
  internal: { code: "internal_error", status: 500, message: "Internal server error" },
} as const satisfies Record<string, { code: string; status: number; message: string; close?: number }>;

/** The name of a failure in the server's own code: a key of the table above. */
export type FailureName = keyof typeof failures;
