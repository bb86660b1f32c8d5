import { useForm } from "../../design/form.tsx";
import { texts } from "../../texts/texts.ts";
import { client } from "../session/session.ts";
import { CredentialsForm } from "./credentials-form.tsx";

export function SignInForm() {
  const form = useForm(["email", "password"], ({ email = "", password = "" }) => client.signIn(email, password));
  return <CredentialsForm form={form} action={texts.account.signIn} />;
}
