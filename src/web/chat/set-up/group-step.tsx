import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { setUpTexts } from "../../texts/set-up.ts";
import { useSession } from "../session/context.ts";
import type { StepProps } from "./step.ts";
import { StepActions } from "./step-actions.tsx";

/** Creates a first group, which all new people join. */
export function GroupStep({ onSave, onSkip }: StepProps) {
  const { client } = useSession();
  const form = useForm(["name"], async ({ name = "" }) => {
    if (name.trim() === "") return onSkip();
    const { data } = await client.call("POST", "admin/conversations/", { name });
    await onSave({ default_conversation_id: (data as { id: string }).id });
  });
  return (
    <form class="form" {...form.props}>
      <p class="account-text">{setUpTexts.groupText}</p>
      <FormMessage text={form.message} />
      <Field
        name="name"
        label={setUpTexts.groupName}
        autocomplete="off"
        maxLength={255}
        defaultValue={setUpTexts.groupExample}
        errors={form.errorsOf("name")}
      />
      <StepActions busy={form.busy} onSkip={onSkip} />
    </form>
  );
}
