import { texts } from "../../texts/texts.ts";
import { MessageText } from "./message-text.tsx";

/** Longer texts are folded. The text is counted, not measured, so that a row has its height at once. */
const CHARACTERS = 1500;
const LINES = 18;

export function foldedText(text: string, isExpanded: boolean, onToggle: () => void) {
  if (!isLong(text)) return <MessageText text={text} />;
  const { showMore, showLess } = texts.messages.feed;
  return (
    <>
      <div class={isExpanded ? "fold" : "fold fold-closed"}>
        <MessageText text={text} />
      </div>
      <button type="button" class="fold-button" aria-expanded={isExpanded} onClick={onToggle}>
        {isExpanded ? showLess : showMore}
      </button>
    </>
  );
}

function isLong(text: string): boolean {
  if (text.length > CHARACTERS) return true;
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0 && lines <= LINES; at = text.indexOf("\n", at + 1)) lines++;
  return lines > LINES;
}
