import { ConfirmLayer } from "../design/confirm.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { TooltipLayer } from "../design/tooltip.tsx";
import { AccountPage } from "./account/page.tsx";
import { PasswordPage } from "./account/password-page.tsx";
import { InvitePage } from "./invites/page.tsx";
import { route } from "./routing.ts";
import { isReady, me } from "./session/session.ts";
import { SetUpPage } from "./set-up/page.tsx";
import { isSettingUp } from "./set-up/state.ts";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { Shell } from "./shell/shell.tsx";
import { Starting } from "./shell/starting.tsx";

export function App() {
  return (
    <ErrorBoundary>
      <Page />
      <ConfirmLayer />
      <ToastLayer />
      <TooltipLayer />
    </ErrorBoundary>
  );
}

/** Links that were sent to somebody open for them whether they are signed in or not. */
function Page() {
  const { page } = route.value;
  if (!me.value && !isReady.value) return <Starting />;
  if (page === "password") return <PasswordPage />;
  if (page === "invite") return <InvitePage key={route.value.code} code={route.value.code} />;
  if (!me.value) return <AccountPage />;
  return isSettingUp.value ? <SetUpPage /> : <Shell />;
}
