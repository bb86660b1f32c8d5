import { reactionTexts } from "../../../texts/reactions.ts";
import { recentEmoji } from "../emoji/recent.ts";
import type { MenuTopProps } from "../menu-top.ts";
import type { ActionAt } from "../message-action.ts";
import { toggleReaction } from "./toggle.ts";
import "./quick.css";

/** How many emoji stand above a menu, and in the toolbar. */
const IN_MENU = 6;
const IN_TOOLBAR = 3;

const toggle = ({ message, conversation, client }: ActionAt, emoji: string) =>
  toggleReaction(conversation, message, emoji, client.me?.id ?? 0);

/** Recent emoji above the menu of a message. */
export const QuickRow = ({ at, close }: MenuTopProps) => (
  <>
    {recentEmoji()
      .slice(0, IN_MENU)
      .map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class="quick-emoji emoji"
          aria-label={reactionTexts.quick(emoji)}
          onClick={() => {
            close();
            toggle(at, emoji);
          }}
        >
          {emoji}
        </button>
      ))}
  </>
);

/** Recent emoji in the toolbar of a message. */
export const QuickButtons = ({ at, tabIndex }: { at: ActionAt; tabIndex: number }) => (
  <>
    {recentEmoji()
      .slice(0, IN_TOOLBAR)
      .map((emoji) => (
        <button
          key={emoji}
          type="button"
          tabIndex={tabIndex}
          class="icon-button quick-emoji emoji"
          aria-label={reactionTexts.quick(emoji)}
          data-tip={reactionTexts.quick(emoji)}
          onClick={() => toggle(at, emoji)}
        >
          {emoji}
        </button>
      ))}
  </>
);
