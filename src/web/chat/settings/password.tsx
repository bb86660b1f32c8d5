import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { toast } from "../../design/toast.tsx";
import { accountTexts } from "../../texts/account.ts";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";

export function Password() {
  const { client, me } = useSession();
  const form = useForm(["old_password", "password"], async ({ old_password = "", password = "" }, element) => {
    await client.changePassword(old_password, password);
    element.reset();
    toast(settingsTexts.passwordChanged);
  });
  return (
    <form class="form" {...form.props}>
      <FormMessage text={form.message} />
      {/* Tells a password manager which account this is. */}
      <input type="email" name="username" autocomplete="username" value={me.value?.email} hidden readOnly />
      <Field
        name="old_password"
        type="password"
        label={settingsTexts.oldPassword}
        autocomplete="current-password"
        errors={form.errorsOf("old_password")}
      />
      <Field
        name="password"
        type="password"
        label={settingsTexts.newPassword}
        hint={accountTexts.passwordHint}
        autocomplete="new-password"
        errors={form.errorsOf("password")}
      />
      <p class="field-hint">{texts.design.signedOutElsewhere}</p>
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={form.busy}>
          {settingsTexts.changePassword}
        </Button>
      </div>
    </form>
  );
}
