import { AVATAR_SIZES } from "../../../protocol/files.ts";
import { Failure } from "../../base/failure.ts";
import type { BlobBody, BlobKey, BlobStore } from "../../platform/blobs/blobs.ts";
import type { Pictures } from "../../platform/pictures/pictures.ts";

export type AvatarSize = (typeof AVATAR_SIZES)[number];

/** The largest first, as they are made. */
const SIDES = [...AVATAR_SIZES].sort((a, b) => b - a);

type Owners = "people" | "groups";

const squareKey = (owners: Owners, id: string, side: number): BlobKey =>
  `avatars/${id}-${owners === "groups" ? "g" : ""}${side}.webp`;

/** The keys of all sizes of a picture. */
export const squareKeys = (owners: Owners, id: string): BlobKey[] => SIDES.map((side) => squareKey(owners, id, side));

/**
 * The pictures of people, or those of groups. Each has an id of its own, and never changes. The two have different keys,
 * so that nobody gets a group's picture by asking for a person's.
 */
export class Squares {
  constructor(
    private readonly blobs: Pick<BlobStore, "put" | "read" | "delete">,
    private readonly pictures: Pick<Pictures, "squares">,
    private readonly owners: Owners,
  ) {}

  /**
   * Cuts out the middle of a picture and stores it in all sizes.
   * @throws Failure `not_a_picture`
   */
  async store(bytes: Buffer<ArrayBuffer>): Promise<string> {
    const made = await this.pictures.squares(bytes, SIDES);
    if (!made) throw new Failure("not_a_picture");
    const id = crypto.randomUUID();
    for (const [i, side] of SIDES.entries()) {
      const square = made[i];
      if (square) await this.blobs.put(this.keyOf(id, side), square);
    }
    return id;
  }

  /** @throws Failure `picture_not_found` */
  async read(id: string, size: AvatarSize): Promise<BlobBody> {
    const body = await this.blobs.read(this.keyOf(id, size));
    if (!body) throw new Failure("picture_not_found");
    return body;
  }

  async drop(id: string): Promise<void> {
    for (const key of squareKeys(this.owners, id)) await this.blobs.delete(key);
  }

  private keyOf(id: string, side: number): BlobKey {
    return squareKey(this.owners, id, side);
  }
}
