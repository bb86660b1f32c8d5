import type { IconName } from "./icon.tsx";

interface Labelled {
  label: string;
  icon?: IconName;
  /** A line divides items of different groups. */
  group?: string;
}

export interface MenuAction extends Labelled {
  /** Shown beside the label, in the form of `keysText`. */
  keys?: string;
  danger?: boolean;
  onSelect: () => void;
}

/** A step to more actions. */
export interface MenuStep extends Labelled {
  items: readonly MenuAction[];
}

export type MenuItem = MenuAction | MenuStep;
