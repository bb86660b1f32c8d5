import type { Conversation } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Limiter } from "../../limits/limits.ts";
import type { BlobBody } from "../../platform/blobs/blobs.ts";
import type { Admin } from "../audit/entry.ts";
import type { Conversations } from "../conversations/service.ts";
import type { AvatarSize, Squares } from "./squares.ts";
import type { PicturesStore, Replaced } from "./store.ts";

interface Parts {
  store: PicturesStore;
  people: Squares;
  groups: Squares;
  conversations: Pick<Conversations, "changePicture">;
  /** Each picture is decoded, which takes a core for a moment. */
  limit: Limiter | undefined;
  bus: Bus;
  logger: Logger;
}

/** The pictures of people and of groups. */
export class ProfilePictures {
  constructor(private readonly parts: Parts) {}

  async setAvatar(userId: number, bytes: Buffer<ArrayBuffer>): Promise<User> {
    const { store, people, limit } = this.parts;
    await limit?.hit(String(userId));
    const id = await people.store(bytes);
    return this.replace(await store.setAvatar(userId, id));
  }

  async removeAvatar(userId: number): Promise<User> {
    return this.replace(await this.parts.store.setAvatar(userId, null));
  }

  /** An admin removes the picture of a person. */
  async removeAvatarOf(by: Admin, userId: number): Promise<void> {
    const replaced = await this.parts.store.removeAvatar(by, userId);
    if (!replaced) throw new Failure("user_not_found");
    await this.replace(replaced);
  }

  private async replace(replaced: Replaced | undefined): Promise<User> {
    if (!replaced) throw new Failure("authentication_required");
    const { user, dropped } = replaced;
    // Announced even when nothing changed: the answer to an earlier change may have got lost, and its announcement with it.
    this.parts.bus.publish({ kind: "user_changed", userId: user.id, fullName: user.full_name });
    if (dropped !== null) await this.drop(this.parts.people, dropped);
    return user;
  }

  avatar(id: string, size: AvatarSize): Promise<BlobBody> {
    return this.parts.people.read(id, size);
  }

  avatarsNear(userId: number, ids: readonly number[]) {
    return this.parts.store.avatarsNear(userId, ids);
  }

  async setPicture(userId: number, conversationId: string, bytes: Buffer<ArrayBuffer>): Promise<Conversation> {
    const { groups, limit } = this.parts;
    await limit?.hit(String(userId));
    const id = await groups.store(bytes);
    try {
      return await this.changePicture(userId, conversationId, id);
    } catch (error) {
      // A refusal comes before the change. After any other fault the group may have the picture.
      if (error instanceof Failure && error.status < 500) await this.drop(groups, id);
      throw error;
    }
  }

  removePicture(userId: number, conversationId: string): Promise<Conversation> {
    return this.changePicture(userId, conversationId, null);
  }

  private async changePicture(userId: number, conversationId: string, picture: string | null) {
    const { conversation, dropped } = await this.parts.conversations.changePicture(userId, conversationId, picture);
    if (dropped !== undefined) await this.drop(this.parts.groups, dropped);
    return conversation;
  }

  async picture(userId: number, conversationId: string, id: string, size: AvatarSize): Promise<BlobBody> {
    if (!(await this.parts.store.isShownTo(userId, conversationId, id))) throw new Failure("picture_not_found");
    return this.parts.groups.read(id, size);
  }

  /** Nobody names the picture from now on. Bytes that stay behind are found by the search for orphans. */
  private drop(squares: Squares, id: string): Promise<void> {
    return squares.drop(id).catch((error: unknown) => {
      this.parts.logger.warn({ err: error }, "the bytes of an earlier picture stay until orphans are removed");
    });
  }
}
