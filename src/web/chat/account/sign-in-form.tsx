import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { client } from "../session/session.ts";

export function SignInForm() {
  const form = useForm(["email", "password"], ({ email = "", password = "" }) => client.signIn(email, password));
  return (
    <form class="form" {...form.props}>
      <FormMessage text={form.message} />
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
        autocomplete="current-password"
        required
        errors={form.errorsOf("password")}
      />
      <Button kind="primary" type="submit" wide busy={form.busy}>
        {texts.account.signIn}
      </Button>
    </form>
  );
}
