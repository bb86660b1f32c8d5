import { usePatientForm } from "../../design/patient-form.ts";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { serverName } from "../session/server.ts";
import { CredentialsForm } from "./credentials-form.tsx";

export function SignInForm({ onDone }: { onDone?: (() => Promise<unknown>) | undefined }) {
  const { client } = useSession();
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
