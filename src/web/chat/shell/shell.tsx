import { useEffect } from "preact/hooks";
import { ErrorBoundary } from "../../design/error-boundary.tsx";
import { SkipLink } from "../../design/skip-link.tsx";
import { texts } from "../../texts/texts.ts";
import { later } from "../base/later.tsx";
import { navigate, path, pathTo, route } from "../base/routing.ts";
import { ConversationList } from "../conversations/list.tsx";
import { useDocumentedKeys } from "../keyboard/documented-keys.ts";
import { useGlobalShortcuts } from "../keyboard/global-shortcuts.ts";
import { ConversationView } from "../messages/view.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Dialogs } from "./dialogs.tsx";
import { Home } from "./home.tsx";
import { SidebarHeader } from "./sidebar-header.tsx";
import { useFocusKept } from "./use-focus-kept.ts";

const SettingsPage = later(async () => (await import("../settings/page.tsx")).SettingsPage);

/** Two panes: the list and the open page. A narrow screen shows one of them, depending on the address. */
export function Shell() {
  const at = route.value;
  useGlobalShortcuts();
  useDocumentedKeys();
  useFocusKept(path.value);
  // Signed-in people don't need these two pages.
  const isDone = at.page === "sign-in" || at.page === "register";
  useEffect(() => {
    if (isDone) navigate(pathTo("home"), { replace: true });
  }, [isDone]);
  return (
    <div class="shell" data-page={isDone ? "home" : at.page}>
      <SkipLink>{texts.shell.skip}</SkipLink>
      <ConnectionBanner />
      <section class="sidebar" aria-label={texts.shell.conversations} tabIndex={-1} data-region>
        <SidebarHeader />
        <ErrorBoundary>
          <ConversationList />
        </ErrorBoundary>
      </section>
      <main class="content" id="main" tabIndex={-1} data-region>
        <ErrorBoundary key={JSON.stringify(at)}>
          {at.page === "conversation" ? (
            <ConversationView key={at.id} id={at.id} />
          ) : at.page === "settings" ? (
            <SettingsPage part={at.part} />
          ) : (
            <Home />
          )}
        </ErrorBoundary>
      </main>
      <Dialogs />
    </div>
  );
}
