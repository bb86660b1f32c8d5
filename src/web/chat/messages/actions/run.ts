import type { ChatMessage } from "../../../../sdk/index.ts";
import { matchesKeys } from "../../../design/keys.ts";
import { patiently } from "../../../design/patiently.ts";
import type { ActionContext } from "../message-action.ts";

type Possible = typeof import("./possible.ts");
const { loaded, want } = patiently(() => import("./possible.ts"));

/** Loads the actions. Nothing on the page shows them before somebody points at a message. */
export const loadActions = want;

/**
 * Runs the action that a key has on this message.
 * @returns whether there is one. Before the actions are loaded that is not known: then the action runs later
 */
export function runByKey(event: KeyboardEvent, message: ChatMessage, context: ActionContext): boolean {
  const run = ({ at, possibleOn }: Possible) => {
    const on = at(context, message);
    const found = possibleOn(on).find(({ keys }) => keys && matchesKeys(event, keys));
    found?.run(on);
    return found !== undefined;
  };
  if (loaded.value) return run(loaded.value);
  void want().then(() => loaded.value && run(loaded.value));
  return false;
}
