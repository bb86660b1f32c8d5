import { useEffect } from "preact/hooks";
import { ErrorBoundary } from "../../design/error-boundary.tsx";
import { preloadIcons } from "../../design/icon.tsx";
import { preloadMenus } from "../../design/menu.tsx";
import { SkipLink } from "../../design/skip-link.tsx";
import { texts } from "../../texts/texts.ts";
import { openAside } from "../base/aside.ts";
import { later } from "../base/later.tsx";
import { navigate, path, pathTo, route } from "../base/routing.ts";
import { whenInUse } from "../base/when-in-use.ts";
import { ConversationList, listPreloads } from "../conversations/list.tsx";
import { useGlobalShortcuts } from "../keyboard/global-shortcuts.ts";
import { messagePreloads } from "../messages/message-layers.tsx";
import { ConversationView } from "../messages/view.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Dialogs, dialogPreloads } from "./dialogs.tsx";
import { Home } from "./home.tsx";
import { Rail } from "./rail.tsx";
import { SidebarHeader } from "./sidebar-header.tsx";
import { useFocusKept } from "./use-focus-kept.ts";

const SettingsPage = later(async () => (await import("../settings/page.tsx")).SettingsPage);
const MentionsPage = later(async () => (await import("../messages/mentions/page.tsx")).MentionsPage);
const PeoplePage = later(async () => (await import("../people/page.tsx")).PeoplePage);
const ArchivePage = later(async () => (await import("../conversations/archive-page.tsx")).ArchivePage);
const ThreadPage = later(async () => (await import("../threads/page.tsx")).ThreadPage);
const ThreadsPage = later(async () => (await import("../threads/inbox.tsx")).ThreadsPage);
const SavedPage = later(async () => (await import("../later/saved-page.tsx")).SavedPage);
const ScheduledPage = later(async () => (await import("../later/scheduled-page.tsx")).ScheduledPage);
const SearchPage = later(async () => (await import("../search/page.tsx")).SearchPage);
const AsidePanel = later(async () => (await import("./aside-panel.tsx")).AsidePanel);

/** The first ones are those that people need when the connection is lost. */
const preloads = [preloadMenus, preloadIcons, ...messagePreloads, ...dialogPreloads, ...listPreloads];

/**
 * The rail, the list, the open page, and its aside. A narrow screen shows one of the list and the page, depending on
 * the address.
 */
export function Shell() {
  const at = route.value;
  const aside = openAside.value;
  useEffect(() => whenInUse(...preloads), []);
  useGlobalShortcuts();
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
      <Rail />
      <section class="sidebar" aria-label={texts.shell.conversations} tabIndex={-1} data-region>
        <SidebarHeader />
        <ErrorBoundary>
          <ConversationList />
        </ErrorBoundary>
      </section>
      <main class="content" id="main" tabIndex={-1} data-region>
        <ErrorBoundary key={JSON.stringify(at.page === "thread" ? at : { ...at, seq: undefined })}>
          {at.page === "conversation" ? (
            <ConversationView key={at.id} id={at.id} />
          ) : at.page === "thread" ? (
            <ThreadPage id={at.id} seq={at.seq} />
          ) : at.page === "threads" ? (
            <ThreadsPage />
          ) : at.page === "settings" ? (
            <SettingsPage part={at.part} />
          ) : at.page === "mentions" ? (
            <MentionsPage />
          ) : at.page === "people" ? (
            <PeoplePage />
          ) : at.page === "archive" ? (
            <ArchivePage />
          ) : at.page === "saved" ? (
            <SavedPage />
          ) : at.page === "scheduled" ? (
            <ScheduledPage />
          ) : at.page === "search" ? (
            <SearchPage />
          ) : (
            <Home />
          )}
        </ErrorBoundary>
      </main>
      {aside && (
        <ErrorBoundary key={`${aside.conversationId} ${aside.name} ${aside.value}`}>
          <AsidePanel {...aside} />
        </ErrorBoundary>
      )}
      <Dialogs />
    </div>
  );
}
