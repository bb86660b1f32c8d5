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

  // Pictures of people and groups
  picture_not_found: { code: "not_found", status: 404, message: "Picture not found" },
  picture_too_large: { code: "picture_too_large", status: 413, message: "A picture can have at most 10 MB" },
  not_a_picture: {
    code: "not_a_picture",
    status: 400,
    message: "This is no picture that can be shown. Send a JPEG, PNG, WebP, GIF or BMP of at most 50 megapixels.",
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
  may_not_mention_all: {
    code: "may_not_mention_all",
    status: 403,
    message: "You may not mention everybody in this conversation",
  },
  reply_not_found: {
    code: "reply_not_found",
    status: 404,
    message: "The message that you answer is not in this conversation",
  },
  file_not_found: { code: "file_not_found", status: 404, message: "File not found" },
  file_not_ready: {
    code: "file_not_ready",
    status: 409,
    message: "This file can't be sent yet. Wait until it is uploaded and checked.",
  },
  file_refused: { code: "file_refused", status: 409, message: "This file was refused. Send the message without it." },
  client_id_conflict: {
    code: "client_id_conflict",
    status: 409,
    message: "This client_id was already used for a message with other content",
  },
  newer: { code: "newer", status: 409, message: "Somebody wrote meanwhile" },

  not_an_emoji: {
    code: "not_an_emoji",
    status: 400,
    message: "emoji: Send one emoji, or its name, such as :thumbsup:.",
  },
  too_many_reactions: {
    code: "too_many_reactions",
    status: 409,
    message: "A message can have 20 different emoji. Use one of those that are there.",
  },
  too_many_pins: {
    code: "too_many_pins",
    status: 409,
    message: "A conversation can have 100 pinned messages. Unpin one of them first.",
  },
  poll_not_found: { code: "not_found", status: 404, message: "This message is no poll" },
  poll_closed: { code: "poll_closed", status: 409, message: "This poll is closed" },
  poll_has_votes: {
    code: "poll_has_votes",
    status: 409,
    message: "People have voted, so the question can't be changed any more. Delete the poll and start a new one.",
  },
  no_such_option: { code: "validation_failed", status: 400, message: "options: The poll has no such option." },
  one_option_only: { code: "validation_failed", status: 400, message: "options: Only one option can be chosen." },

  // Files
  file_too_large: { code: "file_too_large", status: 413, message: "This file is larger than this server takes" },
  file_too_long: { code: "file_too_long", status: 413, message: "More bytes came than the file has" },
  file_in_use: { code: "file_in_use", status: 409, message: "A message has this file. Delete the message." },
  user_files_full: {
    code: "user_files_full",
    status: 507,
    message: "Your files take all the space that you have here. Delete messages with large files first.",
  },
  server_files_full: {
    code: "server_files_full",
    status: 507,
    message: "The files on this server take all the space that there is. Ask an admin of this server for more.",
  },
  storage_full: {
    code: "storage_full",
    status: 507,
    message: "The server has no space left at the moment. You can go on with this upload later.",
  },
  offset_conflict: {
    code: "offset_conflict",
    status: 409,
    message: "The upload has another length by now. Ask for it, and go on from there.",
  },
  upload_locked: { code: "upload_locked", status: 423, message: "Another request writes this file right now" },
  upload_stalled: { code: "upload_stalled", status: 408, message: "Nothing came for a while. Go on with this upload." },
  upload_cut: { code: "upload_cut", status: 400, message: "The request ended early. Go on with this upload." },
  length_required: { code: "length_required", status: 411, message: "Send the length of the file in Content-Length" },
  length_deferred: {
    code: "length_deferred",
    status: 400,
    message:
      "Send the length of the file in Upload-Length. This server does not take files of a length that comes later.",
  },
  invalid_upload: { code: "invalid_upload", status: 400, message: "A header of this upload can't be read" },
  unknown_checksum: {
    code: "unknown_checksum",
    status: 400,
    message: "This server does not know this kind of checksum",
  },
  checksum_mismatch: {
    code: "checksum_mismatch",
    status: 400,
    message: "The bytes do not have this checksum. Send them again.",
  },
  tus_version: { code: "tus_version", status: 412, message: "This server speaks version 1.0.0 of tus" },
  too_many_uploads: {
    code: "too_many_uploads",
    status: 429,
    message: "You have too many uploads that are not finished. Finish or delete one of them first.",
  },
  range_not_satisfiable: { code: "range_not_satisfiable", status: 416, message: "The file has no such range" },

  // Threads
  not_a_thread: { code: "not_a_thread", status: 400, message: "This is possible in threads only" },
  is_a_thread: { code: "is_a_thread", status: 400, message: "This is not possible in a thread" },
  // Saved messages, drafts, messages that are sent later, and waiting for changes
  saved_not_found: { code: "not_found", status: 404, message: "You have not saved this message" },
  too_many_saved: {
    code: "too_many_saved",
    status: 409,
    message: "You have saved 1,000 messages. Remove one of them first.",
  },
  draft_newer: {
    code: "newer",
    status: 409,
    message: "This draft was changed on another device. Its newer text is in `data`.",
  },
  me_kind_not_found: { code: "not_found", status: 404, message: "There is no such kind of personal setting" },
  scheduled_not_found: { code: "not_found", status: 404, message: "Scheduled message not found" },
  too_many_scheduled: {
    code: "too_many_scheduled",
    status: 409,
    message: "You have 100 scheduled messages. Send or delete one of them first.",
  },
  being_sent: { code: "being_sent", status: 409, message: "This message is being sent right now" },
  too_many_waiting: {
    code: "too_many_waiting",
    status: 429,
    message: "You have too many requests that wait for changes. End one of them first.",
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
