import { signal } from "@preact/signals";
import { Field } from "../../design/field.tsx";
import { accountTexts } from "../../texts/account.ts";
import { pathTo, type Route, setUpCode } from "../base/routing.ts";
import { firstUser, registration } from "../session/server.ts";
import { wasHereBefore } from "../session/session.ts";
import { AccountFrame } from "./frame.tsx";
import { RegisterForm } from "./register-form.tsx";

/** The choice of the person, if they made one. By default a newcomer at `/` sets up the server. */
const wanted = signal<boolean | undefined>(setUpCode === undefined ? undefined : true);

/** Whether the page asks for the first account of a new server. */
export const isFirstAccount = (page: Route["page"]) =>
  firstUser.value !== "none" && (wanted.value ?? (page === "home" && !wasHereBefore()));

export const wantFirstAccount = () => {
  wanted.value = true;
};

/**
 * Creates the first account, which becomes admin. On the server's own machine no code is needed, elsewhere the printed
 * one is.
 */
export function FirstAccount() {
  const isHere = firstUser.value === "here";
  const { first } = accountTexts;
  return (
    <AccountFrame title={first.title}>
      <p class="account-text">{isHere ? first.here : first.code}</p>
      <RegisterForm
        action={first.create}
        entrance={({ setup_code = "" }) => (isHere ? { first: true } : { setup_code })}
      >
        {(form) =>
          !isHere && (
            <Field
              name="setup_code"
              label={first.codeLabel}
              hint={first.codeHint}
              autocomplete="one-time-code"
              required
              defaultValue={setUpCode}
              errors={form.errorsOf("setup_code") ?? form.errorsOf("first")}
            />
          )
        }
      </RegisterForm>
      <p class="account-other">
        {isHere ? accountTexts.haveAccount : first.noCode}{" "}
        <a
          href={pathTo(isHere || registration !== "open" ? "sign-in" : "register")}
          onClick={() => {
            wanted.value = false;
          }}
        >
          {isHere || registration !== "open" ? accountTexts.signIn : first.without}
        </a>
      </p>
    </AccountFrame>
  );
}
