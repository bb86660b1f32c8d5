import { useEffect, useState } from "preact/hooks";
import { ConfabError } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage } from "../../design/form.tsx";
import { usePatientForm } from "../../design/patient-form.ts";
import { accountTexts } from "../../texts/account.ts";
import { newPasswordTexts } from "../../texts/new-password.ts";
import { texts } from "../../texts/texts.ts";
import { navigate, passwordToken, pathTo } from "../base/routing.ts";
import { Starting } from "../base/starting.tsx";
import { useSession } from "../session/context.ts";
import { serverName } from "../session/server.ts";
import { AccountFrame } from "./frame.tsx";
import { Waiting } from "./waiting.tsx";

interface Whose {
  email: string;
  full_name: string;
  /** The account has no password yet. */
  is_new: boolean;
}

/** Sets a new password by the one-time link from an admin. */
export function PasswordPage() {
  const { client } = useSession();
  const [whose, setWhose] = useState<Whose>();
  const [fault, setFault] = useState<ConfabError | undefined>();
  const look = () =>
    client.call("POST", "users/password/reset/check/", { token: passwordToken }).then(
      ({ data }) => setWhose(data as Whose),
      (error) => setFault(error instanceof ConfabError ? error : new ConfabError("offline", texts.design.failed)),
    );
  useEffect(() => {
    if (passwordToken !== "") void look();
  }, []);
  if (passwordToken === "") return <Over text={newPasswordTexts.noToken} />;
  if (fault?.code === "validation_failed") return <Over text={newPasswordTexts.ended} />;
  if (fault)
    return (
      <AccountFrame title={newPasswordTexts.title}>
        <FormMessage text={fault.message} />
        <div class="form-actions account-actions">
          <Button
            kind="primary"
            onClick={() => {
              setFault(undefined);
              void look();
            }}
          >
            {texts.design.tryAgain}
          </Button>
        </div>
      </AccountFrame>
    );
  return whose ? (
    <NewPassword whose={whose} onOver={() => setFault(new ConfabError("validation_failed", ""))} />
  ) : (
    <Starting />
  );
}

function NewPassword({ whose, onOver }: { whose: Whose; onOver: () => void }) {
  const { client } = useSession();
  const form = usePatientForm(["password", "password_confirm"], async ({ password = "", password_confirm = "" }) => {
    if (password !== password_confirm)
      throw new ConfabError("validation_failed", newPasswordTexts.mismatch, undefined, {
        password_confirm: [newPasswordTexts.mismatch],
      });
    try {
      const body = { token: passwordToken, password, password_confirm, sign_in: true };
      await client.signInBy("users/password/reset/confirm/", body);
      navigate(pathTo("home"), { replace: true });
    } catch (error) {
      if (!(error instanceof ConfabError && error.errors?.["token"])) throw error;
      onOver();
    }
  });
  return (
    <AccountFrame title={whose.is_new ? newPasswordTexts.titleNew(serverName.value) : newPasswordTexts.title}>
      <p class="account-text" dir="auto">
        {(whose.is_new ? newPasswordTexts.helloNew : newPasswordTexts.hello)(whose.full_name)}
      </p>
      <form class="form" {...form.props}>
        <FormMessage text={form.message} />
        {/* Tells a password manager, and people with two accounts, which account this is. */}
        <Field
          name="email"
          type="email"
          label={accountTexts.email}
          autocomplete="username"
          value={whose.email}
          readOnly
        />
        <Field
          name="password"
          type="password"
          label={newPasswordTexts.password}
          hint={accountTexts.passwordHint}
          autocomplete="new-password"
          required
          errors={form.errorsOf("password")}
        />
        <Field
          name="password_confirm"
          type="password"
          label={newPasswordTexts.again}
          hint={whose.is_new ? undefined : texts.design.signedOutElsewhere}
          autocomplete="new-password"
          required
          errors={form.errorsOf("password_confirm")}
        />
        <Button kind="primary" type="submit" wide busy={form.busy}>
          {newPasswordTexts.save}
        </Button>
        <Waiting form={form} />
      </form>
    </AccountFrame>
  );
}

const Over = ({ text }: { text: string }) => (
  <AccountFrame title={newPasswordTexts.endedTitle}>
    <p class="account-text">{text}</p>
    <div class="form-actions account-actions">
      <Button kind="primary" onClick={() => navigate(pathTo("home"), { replace: true })}>
        {accountTexts.toChat}
      </Button>
    </div>
  </AccountFrame>
);
