import { signal } from "@preact/signals";
import { Field } from "../../design/field.tsx";
import { texts } from "../../texts/texts.ts";
import { type Route, setUpCode } from "../base/routing.ts";
import { firstUser, registration, wasHereBefore } from "../session/session.ts";
import { AccountFrame } from "./frame.tsx";
import { RegisterForm } from "./register-form.tsx";

/** The choice that somebody pressed. Before that, a newcomer at the server's address is taken for the one who sets it up. */
const wanted = signal<boolean | undefined>(setUpCode === undefined ? undefined : true);

/** The first account of a fresh server is to be made. */
export const isFirstAccount = (page: Route["page"]) =>
  firstUser.value !== "none" && (wanted.value ?? (page === "home" && !wasHereBefore()));

export const wantFirstAccount = () => {
  wanted.value = true;
};

/** The first account, which becomes admin: on the server's own machine by itself, elsewhere by the code it has printed. */
export function FirstAccount() {
  const isHere = firstUser.value === "here";
  const { first } = texts.account;
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
        {isHere ? texts.account.haveAccount : first.noCode}{" "}
        <a
          href={isHere || registration !== "open" ? "/sign-in" : "/register"}
          onClick={() => {
            wanted.value = false;
          }}
        >
          {isHere || registration !== "open" ? texts.account.signIn : first.without}
        </a>
      </p>
    </AccountFrame>
  );
}
