import type { Line } from "../public/lines.ts";
import type { User } from "../public/types.ts";

/** The changes of a conversation that are shown between its messages. */
export interface Lines {
  readonly items: readonly Line[];
  add(lines: readonly Line[] | undefined): boolean;
  rename(user: User): void;
  prune(seq?: number): void;
}
