import type { ComponentChildren } from "preact";
import { Field } from "../../design/field.tsx";
import { type PatientForm, usePatientForm } from "../../design/patient-form.ts";
import { accountTexts } from "../../texts/account.ts";
import { useSession } from "../session/context.ts";
import { hasAnyNames } from "../session/server.ts";
import { CredentialsForm } from "./credentials-form.tsx";
import { type Entrance, register } from "./register.ts";

const FIELDS = ["setup_code", "first_name", "last_name", "email", "password"];

export interface RegisterFormProps {
  /** Called when the form is sent. */
  entrance?: (values: Record<string, string>) => Entrance;
  action?: string;
  onDone?: (() => Promise<unknown>) | undefined;
  /** Fields above the names. */
  children?: (form: PatientForm) => ComponentChildren;
}

/** Creates an account and signs in. */
export function RegisterForm({ entrance, action, onDone, children }: RegisterFormProps) {
  const { client } = useSession();
  const form = usePatientForm(FIELDS, async (values) => {
    await register(client, values, entrance?.(values) ?? {});
    await onDone?.();
  });
  return (
    <CredentialsForm form={form} action={action ?? accountTexts.register} isNew>
      {children?.(form)}
      <div class="form-row">
        <Field
          name="first_name"
          label={accountTexts.firstName}
          autocomplete="given-name"
          required
          errors={form.errorsOf("first_name")}
        />
        <Field
          name="last_name"
          label={hasAnyNames ? accountTexts.lastNameOptional : accountTexts.lastName}
          autocomplete="family-name"
          required={!hasAnyNames}
          errors={form.errorsOf("last_name")}
        />
      </div>
    </CredentialsForm>
  );
}
