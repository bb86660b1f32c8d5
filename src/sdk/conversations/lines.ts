import type { Line } from "../public/lines.ts";
import type { User } from "../public/types.ts";

/** The most lines that are kept of a conversation. */
const KEPT = 2_000;

/** Keeps the lines that a conversation has shown, in the order of their versions. */
export function createLines() {
  let items: readonly Line[] = [];

  return {
    get items() {
      return items;
    },
    /** Returns whether some of them are new. */
    add(lines: readonly Line[] = []): boolean {
      const known = new Map(items.map((line) => [line.version, line]));
      for (const line of lines) known.set(line.version, line);
      if (lines.length > 0) items = [...known.values()].sort((a, b) => a.version - b.version).slice(-KEPT);
      return lines.length > 0;
    },
    rename({ id, full_name }: User) {
      items = items.map((line) => ({
        ...line,
        ...(line.user_id === id && { user_name: full_name }),
        users: line.users.map((user) => (user.id === id ? { id, full_name } : user)),
      }));
    },
    /** Retention has removed the messages up to `seq`. Without one, all lines are of another history. */
    prune(seq = Infinity) {
      items = items.filter(({ after_seq }) => after_seq > seq);
    },
  };
}
