import { Button } from "../../design/button.tsx";
import { setUpTexts } from "../../texts/set-up.ts";

/** The buttons below each question: save or skip. */
export const StepActions = ({ busy, onSkip }: { busy: boolean; onSkip: () => void }) => (
  <div class="form-actions">
    <Button kind="primary" type="submit" busy={busy}>
      {setUpTexts.next}
    </Button>
    <Button kind="quiet" onClick={onSkip}>
      {setUpTexts.skip}
    </Button>
  </div>
);
