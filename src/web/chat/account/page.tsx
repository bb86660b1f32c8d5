import { Icon } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { useTitle } from "../notifications/title.ts";
import { route } from "../routing.ts";
import { registrationOpen, wasHereBefore } from "../session/session.ts";
import { endedElsewhere } from "../session/sign-out.ts";
import { Mark } from "../shell/mark.tsx";
import { RegisterForm } from "./register-form.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/**
 * Nobody is signed in. The address stays, so that one comes where one wanted to; where it does not say, who was here
 * before signs in and a newcomer registers.
 */
export function AccountPage() {
  const { page } = route.value;
  const wantsToRegister = page === "register" || (page === "home" && !wasHereBefore());
  const isNew = registrationOpen && wantsToRegister;
  const title = isNew ? texts.account.registerTitle : texts.account.signInTitle;
  useTitle(title);
  return (
    <main class="account">
      <div class="account-box">
        <p class="account-brand">
          <Mark />
          <span>{texts.product}</span>
        </p>
        <h1 class="account-title">{title}</h1>
        {endedElsewhere.value && (
          <p class="account-notice">
            <Icon name="info" />
            <span>{texts.account.endedElsewhere}</span>
          </p>
        )}
        {isNew ? <RegisterForm /> : <SignInForm />}
        {registrationOpen ? (
          <p class="account-other">
            {isNew ? texts.account.haveAccount : texts.account.noAccount}{" "}
            <a href={isNew ? "/sign-in" : "/register"}>{isNew ? texts.account.signIn : texts.account.register}</a>
          </p>
        ) : (
          <p class="account-other">{texts.account.closed}</p>
        )}
      </div>
    </main>
  );
}
