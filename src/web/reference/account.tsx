import { useState } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { Field } from "../design/field.tsx";
import { FormMessage } from "../design/form.tsx";
import { usePatientForm } from "../design/patient-form.ts";
import { toast } from "../design/toast.tsx";
import { referenceTexts } from "../texts/reference.ts";
import { person, signIn, signOut } from "./base/account.ts";

const { account: texts } = referenceTexts;

/** Says who is signed in, and signs in and out without leaving the page. */
export function Account() {
  const [isOpen, setOpen] = useState(false);
  const who = person.value;
  if (who === undefined) return null;
  if (who)
    return (
      <div class="account">
        <p title={who.email}>
          <span class="soft">{texts.signedInAs}</span> <bdi>{who.full_name}</bdi>
        </p>
        <Button
          kind="quiet"
          onClick={() => void signOut().catch((error: unknown) => toast(String(error), { error: true }))}
        >
          {texts.signOut}
        </Button>
      </div>
    );
  return (
    <div class="account">
      <p class="soft">{texts.signedOut}</p>
      <Button onClick={() => setOpen(true)}>{texts.signIn}</Button>
      {isOpen && <SignIn onClose={() => setOpen(false)} />}
    </div>
  );
}

function SignIn({ onClose }: { onClose: () => void }) {
  // After too many attempts the form waits and tries again by itself.
  const form = usePatientForm(["email", "password"], async ({ email = "", password = "" }) => {
    await signIn(email, password);
    onClose();
  });
  return (
    <Dialog title={texts.title} shape="small" onClose={onClose}>
      <form class="form" {...form.props}>
        <p class="confirm-text">{texts.text}</p>
        <FormMessage text={form.message} />
        <Field
          name="email"
          type="email"
          label={texts.email}
          autocomplete="username"
          errors={form.errorsOf("email")}
          required
          autofocusInDialog
        />
        <Field
          name="password"
          type="password"
          label={texts.password}
          autocomplete="current-password"
          errors={form.errorsOf("password")}
          required
        />
        {form.wait && <p role="status">{texts.waits}</p>}
        <Button kind="primary" type="submit" wide busy={form.busy}>
          {texts.signIn}
        </Button>
      </form>
    </Dialog>
  );
}
