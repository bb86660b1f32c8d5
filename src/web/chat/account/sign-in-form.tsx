import { usePatientForm } from "../../design/patient-form.ts";
import { texts } from "../../texts/texts.ts";
import { client, serverName } from "../session/session.ts";
import { CredentialsForm } from "./credentials-form.tsx";

export function SignInForm({ onDone }: { onDone?: (() => Promise<unknown>) | undefined }) {
  const form = usePatientForm(["email", "password"], async ({ email = "", password = "" }) => {
    await client.signIn(email, password);
    await onDone?.();
  });
  return (
    <>
      <CredentialsForm form={form} action={texts.account.signIn} />
      <details class="account-forgot">
        <summary>{texts.account.forgot}</summary>
        <p>{texts.account.forgotText(serverName.value)}</p>
      </details>
    </>
  );
}
