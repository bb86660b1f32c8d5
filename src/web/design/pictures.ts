import { signal } from "@preact/signals";

/** Finds the address of the picture of the person with this id. */
type Find = (id: number, isLarge: boolean) => string | undefined;

const find = signal<Find>(() => undefined);

/** From now on avatars find the pictures of people here, and are drawn again. Before that they have initials. */
export const findPicturesBy = (by: Find) => {
  find.value = by;
};

export const pictureOf: Find = (id, isLarge) => find.value(id, isLarge);

/** The address of the picture of a person, if they have one. */
export const avatarOf = ({ avatar }: { avatar?: string | undefined }, size: 64 | 256 = 64): string | undefined =>
  avatar && `/api/avatars/${avatar}?size=${size}`;

/** The address of a group's picture, if it has one. A thread has that of its group. */
export const groupPicture = (
  { id, parent_id, picture }: { id: string; parent_id?: string | undefined; picture?: string | undefined },
  size: 64 | 256 = 64,
): string | undefined => picture && `/api/chat/conversations/${parent_id ?? id}/picture/${picture}?size=${size}`;
