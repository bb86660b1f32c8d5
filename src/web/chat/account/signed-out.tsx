import { accountTexts } from "../../texts/account.ts";
import { later } from "../base/later.tsx";
import { pathTo, route } from "../base/routing.ts";
import { firstUser, registration, serverName } from "../session/server.ts";
import { wasHereBefore } from "../session/session.ts";
import { FirstAccount, isFirstAccount, wantFirstAccount } from "./first-account.tsx";
import { AccountFrame } from "./frame.tsx";
import { RegisterForm } from "./register-form.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import { endedElsewhere } from "./sign-out.ts";

const EndedNotice = later(async () => (await import("./ended-notice.tsx")).EndedNotice);

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
  <AccountFrame title={accountTexts.registerTitle(serverName.value)}>
    {endedElsewhere.value && <EndedNotice />}
    <RegisterForm />
    <p class="account-other">
      {accountTexts.haveAccount} <a href={pathTo("sign-in")}>{accountTexts.signIn}</a>
    </p>
    <ClaimNotice />
  </AccountFrame>
);

const SignIn = () => (
  <AccountFrame title={accountTexts.signInTitle(serverName.value)}>
    {endedElsewhere.value && <EndedNotice />}
    <SignInForm />
    <p class="account-other">
      {registration === "open" ? (
        <>
          {accountTexts.noAccount} <a href={pathTo("register")}>{accountTexts.register}</a>
        </>
      ) : registration === "invite" ? (
        accountTexts.byInvite(serverName.value)
      ) : (
        accountTexts.closed(serverName.value)
      )}
    </p>
    <ClaimNotice />
  </AccountFrame>
);

/** A way to set up the server, while it has no admin. */
const ClaimNotice = () =>
  firstUser.value === "none" ? null : (
    <p class="account-other">
      {accountTexts.first.notice}{" "}
      <button type="button" class="link" onClick={wantFirstAccount}>
        {firstUser.value === "code" ? accountTexts.first.enter : accountTexts.first.title}
      </button>
    </p>
  );
