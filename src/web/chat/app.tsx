import { ConfirmLayer } from "../design/confirm.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { TooltipLayer } from "../design/tooltip.tsx";
import { AccountPage } from "./account/page.tsx";
import { isReady, me } from "./session/session.ts";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { Shell } from "./shell/shell.tsx";
import { Starting } from "./shell/starting.tsx";

export function App() {
  return (
    <ErrorBoundary>
      {me.value ? <Shell /> : isReady.value ? <AccountPage /> : <Starting />}
      <ConfirmLayer />
      <ToastLayer />
      <TooltipLayer />
    </ErrorBoundary>
  );
}
