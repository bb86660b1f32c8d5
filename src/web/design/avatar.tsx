import { Icon } from "./icon.tsx";

/** The number of `.avatar-N` classes in avatar.css. */
const COLOURS = 10;

export interface AvatarProps {
  /** The source of the initials; for a group, its name. */
  name: string;
  /** Decides the colour. */
  id: number | string;
  group?: boolean;
  /** Adds a dot. The text beside the avatar must say the same. */
  online?: boolean | undefined;
  size?: "s" | "m" | "l";
}

/** A person or a group as a coloured shape. The name stands beside it, so screen readers skip it. */
export function Avatar({ name, id, group = false, online = false, size = "m" }: AvatarProps) {
  const shape = group ? "avatar avatar-group" : "avatar";
  return (
    <span
      class={`${shape} avatar-size-${size} avatar-${hash(String(id)) % COLOURS}`}
      aria-hidden="true"
      data-initials={group ? undefined : initials(name)}
    >
      {group && <Icon name="users" />}
      {online && <span class="avatar-online" />}
    </span>
  );
}

/** The first letters of the first and last word. Uses graphemes, so that no visible character is cut. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => firstCharacter(word ?? "").toLocaleUpperCase()).join("");
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const firstCharacter = (text: string) => characters.segment(text)[Symbol.iterator]().next().value?.segment ?? "";

/** Spreads consecutive ids over the colours (FNV-1a). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
