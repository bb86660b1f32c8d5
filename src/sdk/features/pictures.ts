import { liveOf } from "../actions/queue.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation } from "../public/conversation.ts";
import type { ConversationInfo, User } from "../public/types.ts";

/** The sides of the squares that the server keeps, in pixels. */
export type PictureSize = 64 | 256;

/**
 * Sets your picture: a JPEG, PNG, WebP, GIF or BMP of at most 10 MB. The server keeps the square in the middle. Rejects with
 * `not_a_picture` or `picture_too_large` when it can't, and with `offline` while there is no connection.
 *
 * @returns you, with the id of the new picture in `avatar`
 */
export async function setAvatar(client: ConfabClient, picture: Blob): Promise<User> {
  const { data } = await client.call("PUT", "users/me/avatar/", picture);
  return data as User;
}

/** Removes your picture. You are shown by your initials from then on. */
export async function removeAvatar(client: ConfabClient): Promise<User> {
  const { data } = await client.call("DELETE", "users/me/avatar/");
  return data as User;
}

/** Sets the picture of a group, as `setAvatar` does. All members may. */
export async function setPicture(conversation: Conversation, picture: Blob): Promise<void> {
  await liveOf(conversation).host.http.call("PUT", `chat/conversations/${conversation.id}/picture/`, picture);
}

/** Removes the picture of a group. */
export async function removePicture(conversation: Conversation): Promise<void> {
  await liveOf(conversation).host.http.call("DELETE", `chat/conversations/${conversation.id}/picture/`);
}

/**
 * The address of a person's picture on the server, or `undefined` when they have none. It needs the session, as every call
 * does. One address always has the same picture.
 */
export const avatarUrl = ({ avatar }: Pick<User, "avatar">, size: PictureSize = 64): string | undefined =>
  avatar === undefined ? undefined : `/api/avatars/${avatar}?size=${size}`;

/** The address of a group's picture, or `undefined` when it has none. */
export const pictureUrl = (
  { id, parent_id, picture }: Pick<ConversationInfo, "id" | "parent_id" | "picture">,
  size: PictureSize = 64,
): string | undefined =>
  picture === undefined ? undefined : `/api/chat/conversations/${parent_id ?? id}/picture/${picture}?size=${size}`;

/**
 * Finds the pictures of people whom you share a conversation with, such as the senders of messages in large groups. The first
 * members of each conversation have their `avatar` with them.
 *
 * @param ids at most 100
 * @returns the ids of their pictures. People without one are missing
 */
export async function findAvatars(client: ConfabClient, ids: readonly number[]): Promise<Map<number, string>> {
  const { data } = await client.call("GET", `avatars/?ids=${ids.join(",")}`);
  return new Map((data as { user_id: number; avatar: string }[]).map(({ user_id, avatar }) => [user_id, avatar]));
}
