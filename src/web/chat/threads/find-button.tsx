import type { Conversation } from "../../../sdk/index.ts";
import { IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { threadTexts } from "../../texts/threads.ts";
import { openFind } from "../messages/find/find.ts";

/** Opens the search in a thread. */
export const FindButton = ({ thread }: { thread: Conversation }) => (
  <IconButton icon="search" label={threadTexts.find} keys={keysText("Mod+F")} onClick={() => openFind(thread.id)} />
);
