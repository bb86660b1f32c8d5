import { texts } from "../../texts/texts.ts";
import { pathTo, route } from "../base/routing.ts";
import { firstUser, registration, serverName } from "../session/server.ts";
import { wasHereBefore } from "../session/session.ts";
import { EndedNotice } from "./ended-notice.tsx";
import { FirstAccount, isFirstAccount, wantFirstAccount } from "./first-account.tsx";
import { AccountFrame } from "./frame.tsx";
import { RegisterForm } from "./register-form.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/**
 * The page for people who are signed out. The address stays, so that signing in leads to it. At `/`, returning people
 * sign in and newcomers register or set up a new server.
 */
export function AccountPage() {
  const { page } = route.value;
  if (isFirstAccount(page)) return <FirstAccount />;
  const wantsToRegister = page === "register" || (page === "home" && !wasHereBefore());
  return registration === "open" && wantsToRegister ? <Register /> : <SignIn />;
}

const Register = () => (
  <AccountFrame title={texts.account.registerTitle(serverName.value)}>
    <EndedNotice />
    <RegisterForm />
    <p class="account-other">
      {texts.account.haveAccount} <a href={pathTo("sign-in")}>{texts.account.signIn}</a>
    </p>
    <ClaimNotice />
  </AccountFrame>
);

const SignIn = () => (
  <AccountFrame title={texts.account.signInTitle(serverName.value)}>
    <EndedNotice />
    <SignInForm />
    <p class="account-other">
      {registration === "open" ? (
        <>
          {texts.account.noAccount} <a href={pathTo("register")}>{texts.account.register}</a>
        </>
      ) : registration === "invite" ? (
        texts.account.byInvite(serverName.value)
      ) : (
        texts.account.closed(serverName.value)
      )}
    </p>
    <ClaimNotice />
  </AccountFrame>
);

/** A way to set up the server, while it has no admin. */
const ClaimNotice = () =>
  firstUser.value === "none" ? null : (
    <p class="account-other">
      {texts.account.first.notice}{" "}
      <button type="button" class="link" onClick={wantFirstAccount}>
        {firstUser.value === "code" ? texts.account.first.enter : texts.account.first.title}
      </button>
    </p>
  );
