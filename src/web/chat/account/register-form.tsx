import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { client } from "../session/session.ts";

/** Makes an account and is in at once. */
export function RegisterForm() {
  const form = useForm(["first_name", "last_name", "email", "password"], async (values) => {
    const { first_name = "", last_name = "", email = "", password = "" } = values;
    await client.register({ first_name, last_name, email, password });
    await client.signIn(email, password);
  });
  return (
    <form class="form" {...form.props}>
      <FormMessage text={form.message} />
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
      <Field
        name="email"
        type="email"
        label={texts.account.email}
        autocomplete="username"
        required
        errors={form.errorsOf("email")}
      />
      <Field
        name="password"
        type="password"
        label={texts.account.password}
        hint={texts.account.passwordHint}
        autocomplete="new-password"
        required
        errors={form.errorsOf("password")}
      />
      <Button kind="primary" type="submit" wide busy={form.busy}>
        {texts.account.register}
      </Button>
    </form>
  );
}
