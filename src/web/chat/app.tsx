import { ConfirmLayer } from "../design/confirm.tsx";
import { ErrorBoundary } from "../design/error-boundary.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { TooltipLayer } from "../design/tooltip.tsx";
import { AccountPage } from "./account/page.tsx";
import { later } from "./base/later.tsx";
import { route } from "./base/routing.ts";
import { Starting } from "./base/starting.tsx";
import { useSession } from "./session/context.ts";
import { isSettingUp } from "./session/setting-up.ts";
import { Shell } from "./shell/shell.tsx";

const PasswordPage = later(async () => (await import("./account/password-page.tsx")).PasswordPage, Starting);
const InvitePage = later(async () => (await import("./invites/page.tsx")).InvitePage, Starting);
const SetUpPage = later(async () => (await import("./set-up/page.tsx")).SetUpPage, Starting);

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

/** Pages of links from other people open whether you are signed in or not. */
function Page() {
  const { isReady, me } = useSession();
  const { page } = route.value;
  if (!me.value && !isReady.value) return <Starting />;
  if (page === "password") return <PasswordPage />;
  if (page === "invite") return <InvitePage key={route.value.code} code={route.value.code} />;
  if (!me.value) return <AccountPage />;
  return isSettingUp.value ? <SetUpPage /> : <Shell />;
}
