import { useState } from "preact/hooks";
import { Choice } from "../../design/choice.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { setUpTexts } from "../../texts/set-up.ts";
import type { StepProps } from "./step.ts";
import { StepActions } from "./step-actions.tsx";

const WHO = ["invite", "open", "closed"] as const;

/** Asks who can create an account. Recommends invite links. */
export function WhoStep({ settings, onSave, onSkip }: StepProps) {
  const [registration, setRegistration] = useState<(typeof WHO)[number]>("invite");
  const isFixed = settings?.registration_fixed ?? false;
  const form = useForm(["registration"], async () => {
    if (isFixed) onSkip();
    else await onSave({ registration });
  });
  return (
    <form class="form" {...form.props}>
      <FormMessage text={form.message ?? form.errorsOf("registration")?.join(" ")} />
      {isFixed ? (
        <p class="account-text">{setUpTexts.whoFixed}</p>
      ) : (
        <Choice
          label={setUpTexts.who}
          hint={setUpTexts.whoHint[registration]}
          options={WHO.map((value) => ({ value, label: setUpTexts.whos[value] }))}
          value={registration}
          onChange={setRegistration}
        />
      )}
      <StepActions busy={form.busy} onSkip={onSkip} />
    </form>
  );
}
