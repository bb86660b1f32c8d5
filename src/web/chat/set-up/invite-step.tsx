import { Button } from "../../design/button.tsx";
import { setUpTexts } from "../../texts/set-up.ts";
import { FreshLink } from "../invites/fresh-link.tsx";
import type { StepProps } from "./step.ts";

/** Shows a link to send to others. */
export const InviteStep = ({ onSkip }: StepProps) => (
  <div class="form">
    <p class="account-text">{setUpTexts.inviteText}</p>
    <FreshLink />
    <Button kind="primary" wide onClick={onSkip}>
      {setUpTexts.done}
    </Button>
  </div>
);
