import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { setUpTexts } from "../../texts/set-up.ts";
import { texts } from "../../texts/texts.ts";
import { serverName } from "../session/server.ts";
import type { StepProps } from "./step.ts";
import { StepActions } from "./step-actions.tsx";

/** Asks for the name of the server. */
export function NameStep({ settings, onSave, onSkip }: StepProps) {
  const form = useForm(["name"], async ({ name = "" }) => {
    await onSave({ name: name.trim() || null });
    serverName.value = name.trim() || texts.product;
  });
  return (
    <form class="form" {...form.props}>
      <p class="account-text">{setUpTexts.nameText}</p>
      <FormMessage text={form.message} />
      <Field
        name="name"
        label={setUpTexts.name}
        placeholder={setUpTexts.nameExample}
        autocomplete="organization"
        maxLength={100}
        defaultValue={settings?.name ?? ""}
        errors={form.errorsOf("name")}
      />
      <StepActions busy={form.busy} onSkip={onSkip} />
    </form>
  );
}
