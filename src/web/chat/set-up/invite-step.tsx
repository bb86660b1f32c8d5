import { Button } from "../../design/button.tsx";
import { texts } from "../../texts/texts.ts";
import { FreshLink } from "../invites/fresh-link.tsx";
import type { StepProps } from "./step.ts";

/** The link to send to all others. */
export const InviteStep = ({ onSkip }: StepProps) => (
  <div class="form">
    <p class="account-text">{texts.setUp.inviteText}</p>
    <FreshLink />
    <Button kind="primary" wide onClick={onSkip}>
      {texts.setUp.done}
    </Button>
  </div>
);
