import { Field } from "../../design/field.tsx";
import { useForm } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { client } from "../session/session.ts";
import { CredentialsForm } from "./credentials-form.tsx";

/** Makes an account and is in at once. */
export function RegisterForm() {
  const form = useForm(["first_name", "last_name", "email", "password"], async (values) => {
    const { first_name = "", last_name = "", email = "", password = "" } = values;
    await client.register({ first_name, last_name, email, password });
    await client.signIn(email, password);
  });
  return (
    <CredentialsForm form={form} action={texts.account.register} isNew>
      <div class="form-row">
        <Field
          name="first_name"
          label={texts.account.firstName}
          autocomplete="given-name"
          required
          errors={form.errorsOf("first_name")}
        />
        <Field
          name="last_name"
          label={texts.account.lastName}
          autocomplete="family-name"
          required
          errors={form.errorsOf("last_name")}
        />
      </div>
    </CredentialsForm>
  );
}
