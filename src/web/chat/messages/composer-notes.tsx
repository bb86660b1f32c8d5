import { IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { writingTexts } from "../../texts/writing.ts";

/** Offers the longer draft of another tab. */
export const DraftOffer = ({ onUse, onKeep }: { onUse: () => void; onKeep: () => void }) => (
  <div class="composer-note" role="status">
    <span>{writingTexts.otherDraft}</span>
    <button type="button" class="link" onClick={onUse}>
      {writingTexts.useOtherDraft}
    </button>
    <IconButton icon="close" label={writingTexts.keepDraft} onClick={onKeep} />
  </div>
);

/** Says how to send from a code block, in which Enter begins a line. */
export const BlockHint = () => (
  <p class="composer-hint" role="status">
    {writingTexts.inBlock(keysText("Mod+Enter"))}
  </p>
);
