import { useState } from "preact/hooks";
import type { AdminUser } from "../../../protocol/admin.ts";
import { Button } from "../../design/button.tsx";
import { Switch } from "../../design/choice.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { accountTexts } from "../../texts/account.ts";
import { adminTexts } from "../../texts/admin/texts.ts";
import { texts as chatTexts } from "../../texts/texts.ts";
import { admin, Cancelled } from "../base/api.ts";
import { LinkDialog, type MadeLink } from "../parts/link.tsx";

const { add: texts } = adminTexts.users;

interface Added extends MadeLink {
  user: AdminUser;
}

/** Creates an account for somebody and shows the link for choosing a password. */
export function AddPerson({ onClose, onAdded }: { onClose: () => void; onAdded: () => Promise<void> }) {
  const [added, setAdded] = useState<Added>();
  const [isSuperuser, setSuperuser] = useState(false);
  const form = useForm(["email", "first_name", "last_name"], async ({ email, first_name, last_name }) => {
    const body = { email, first_name, last_name, ...(isSuperuser && { is_superuser: true }) };
    const answer = await admin<Added>("POST", "users/", body).catch((error: unknown) => {
      if (!(error instanceof Cancelled)) throw error;
    });
    if (!answer) return;
    setAdded(answer.data);
    await onAdded();
  });
  if (added)
    return <LinkDialog title={texts.done(added.user.full_name)} text={texts.link} link={added} onClose={onClose} />;
  return (
    <Dialog title={texts.label} onClose={onClose}>
      <form class="form" {...form.props}>
        <p class="confirm-text">{texts.text}</p>
        <FormMessage text={form.message} />
        <Field
          name="email"
          type="email"
          label={accountTexts.email}
          autocomplete="off"
          maxLength={254}
          errors={form.errorsOf("email")}
          required
          autofocusInDialog
        />
        <div class="form-row">
          <Field
            name="first_name"
            label={accountTexts.firstName}
            autocomplete="off"
            errors={form.errorsOf("first_name")}
            required
          />
          <Field
            name="last_name"
            label={accountTexts.lastName}
            autocomplete="off"
            errors={form.errorsOf("last_name")}
          />
        </div>
        <Switch label={texts.superuser} hint={texts.superuserHint} checked={isSuperuser} onChange={setSuperuser} />
        <div class="form-actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            {texts.label}
          </Button>
          <Button onClick={onClose}>{chatTexts.design.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}
