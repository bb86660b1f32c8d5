import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asked } from "../design/confirm.ts";
import { ErrorBoundary } from "../design/error-boundary.tsx";
import { part } from "../design/part.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { later } from "./base/later.tsx";
import { route } from "./base/routing.ts";
import { Starting } from "./base/starting.tsx";
import { whenInUse } from "./base/when-in-use.ts";
import { useSession } from "./session/context.ts";
import { isSignedIn } from "./session/server.ts";
import { isSettingUp } from "./session/setting-up.ts";

// The page names the files of the first one, as the server knows who is signed in: see EARLY in src/web/bundle.ts.
const Shell = later(async () => (await import("./shell/shell.tsx")).Shell, Starting);
const AccountPage = later(async () => (await import("./account/signed-out.tsx")).AccountPage, Starting);
const [first, second] = isSignedIn ? [Shell, AccountPage] : [AccountPage, Shell];
void first.preload();

const PasswordPage = later(async () => (await import("./account/password-page.tsx")).PasswordPage, Starting);
const InvitePage = later(async () => (await import("./invites/page.tsx")).InvitePage, Starting);
const SetUpPage = later(async () => (await import("./set-up/page.tsx")).SetUpPage, Starting);

const ConfirmLayer = part(async () => (await import("../design/confirm-layer.tsx")).ConfirmLayer);
const TooltipLayer = part(async () => (await import("../design/tooltip.tsx")).TooltipLayer);

/** Nobody rests on a button before the page is shown. */
const hasTooltips = signal(false);
const loadTooltips = async () => {
  await TooltipLayer.preload();
  hasTooltips.value = true;
};

export function App() {
  useEffect(() => whenInUse(ConfirmLayer.preload, loadTooltips, second.preload), []);
  return (
    <ErrorBoundary>
      <Page />
      {asked.value && <ConfirmLayer props={{}} />}
      <ToastLayer />
      {hasTooltips.value && <TooltipLayer props={{}} />}
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
