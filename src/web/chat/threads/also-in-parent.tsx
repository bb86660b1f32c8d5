import { threadTexts } from "../../texts/threads.ts";
import { titleOf } from "../base/conversation-title.ts";
import type { ComposerPartProps } from "../messages/composer-part.ts";
import { sendOptions, setSendOption } from "../messages/send-options.ts";
import { useSession } from "../session/context.ts";
import { rootOf } from "./roots.ts";
import "./threads.css";

/** Above the text field of a thread: sends a copy of the reply to the conversation too. */
export function AlsoInParent({ conversation }: ComposerPartProps) {
  const { me } = useSession();
  const parent = rootOf(conversation)?.parent ?? conversation;
  return (
    <label class="also-in-parent small">
      <input
        type="checkbox"
        checked={sendOptions(conversation).value["also_in_parent"] === true}
        onChange={({ currentTarget }) =>
          setSendOption(conversation, "also_in_parent", currentTarget.checked ? true : undefined)
        }
      />
      <bdi class="clip">{threadTexts.alsoInParent(titleOf(parent, me.value))}</bdi>
    </label>
  );
}
