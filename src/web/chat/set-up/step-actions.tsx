import { Button } from "../../design/button.tsx";
import { texts } from "../../texts/texts.ts";

/** Below each question: save it, or leave it for later. */
export const StepActions = ({ busy, onSkip }: { busy: boolean; onSkip: () => void }) => (
  <div class="form-actions">
    <Button kind="primary" type="submit" busy={busy}>
      {texts.setUp.next}
    </Button>
    <Button kind="quiet" onClick={onSkip}>
      {texts.setUp.skip}
    </Button>
  </div>
);
