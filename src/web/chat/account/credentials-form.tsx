import type { ComponentChildren } from "preact";
import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import type { PatientForm } from "../../design/patient-form.ts";
import { accountTexts } from "../../texts/account.ts";
import { Waiting } from "./waiting.tsx";

export interface CredentialsFormProps {
  form: PatientForm;
  /** The label of the button. */
  action: string;
  /** Shows the rules for a new password. */
  isNew?: boolean;
  /** Fields above email and password. */
  children?: ComponentChildren;
}

/** A form with email, password and a button, for signing in and for registering. */
export const CredentialsForm = ({ form, action, isNew = false, children }: CredentialsFormProps) => (
  <form class="form" {...form.props}>
    <FormMessage text={form.message} />
    {children}
    <Field
      name="email"
      type="email"
      label={accountTexts.email}
      autocomplete="username"
      required
      errors={form.errorsOf("email")}
    />
    <Field
      name="password"
      type="password"
      label={accountTexts.password}
      hint={isNew ? accountTexts.passwordHint : undefined}
      autocomplete={isNew ? "new-password" : "current-password"}
      required
      errors={form.errorsOf("password")}
    />
    <Button kind="primary" type="submit" wide busy={form.busy}>
      {action}
    </Button>
    <Waiting form={form} />
  </form>
);
