import { usePatientForm } from "../../design/patient-form.ts";
import { accountTexts } from "../../texts/account.ts";
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
      <CredentialsForm form={form} action={accountTexts.signIn} />
      <details class="account-forgot">
        <summary>{accountTexts.forgot}</summary>
        <p>{accountTexts.forgotText(serverName.value)}</p>
      </details>
    </>
  );
}
