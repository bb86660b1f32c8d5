import { Icon } from "./icon.tsx";
import { initials } from "./initials.ts";
import { pictureOf } from "./pictures.ts";

/** The number of `.avatar-N` classes in avatar.css. */
const COLOURS = 10;

export interface AvatarProps {
  /** The source of the initials; for a group, its name. */
  name: string;
  /** Decides the colour. */
  id: number | string;
  group?: boolean;
  /** The address of the picture. Left out: that of the person with this id, where it is known. */
  picture?: string | undefined;
  /** Adds a dot. The text beside the avatar must say the same. */
  online?: boolean | undefined;
  size?: "s" | "m" | "l";
}

/** A person or a group as a picture or a coloured shape. The name stands beside it, so screen readers skip it. */
export function Avatar({ name, id, group = false, picture, online = false, size = "m" }: AvatarProps) {
  const shape = group ? "avatar avatar-group" : "avatar";
  const src = picture ?? (typeof id === "number" ? pictureOf(id, size === "l") : undefined);
  return (
    <span
      class={`${shape} avatar-size-${size} avatar-${hash(String(id)) % COLOURS}`}
      aria-hidden="true"
      data-initials={group ? undefined : initials(name)}
    >
      {group && <Icon name="users" />}
      {src !== undefined && (
        <img key={src} class="avatar-picture" src={src} alt="" draggable={false} onLoad={cover} onError={hide} />
      )}
      {online && <span class="avatar-online" />}
    </span>
  );
}

const cover = ({ currentTarget }: { currentTarget: HTMLElement }) => {
  currentTarget.dataset["loaded"] = "";
};

/** The initials are below it. */
const hide = ({ currentTarget }: { currentTarget: HTMLElement }) => {
  currentTarget.hidden = true;
};

/** Spreads consecutive ids over the colours (FNV-1a). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
