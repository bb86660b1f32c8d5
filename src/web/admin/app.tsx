import { useEffect, useRef } from "preact/hooks";
import { CHAT_ADDRESSES } from "../addresses.ts";
import { ConfirmLayer } from "../design/confirm-layer.tsx";
import { ErrorBoundary } from "../design/error-boundary.tsx";
import { Icon, type IconName } from "../design/icon.tsx";
import { SkipLink } from "../design/skip-link.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { TooltipLayer } from "../design/tooltip.tsx";
import { adminTexts } from "../texts/admin/texts.ts";
import { Audit } from "./audit/page.tsx";
import { isShutOut } from "./base/api.ts";
import { ConfirmPasswordLayer } from "./base/confirm-password.tsx";
import { pathOf, route, VIEWS, type View } from "./base/routing.ts";
import { ConversationPage } from "./conversations/detail.tsx";
import { Conversations } from "./conversations/list.tsx";
import { Invites } from "./invites/list.tsx";
import { Limits } from "./limits/page.tsx";
import { Overview } from "./overview/page.tsx";
import { Settings } from "./settings/page.tsx";
import { UserPage } from "./users/detail.tsx";
import { Users } from "./users/list.tsx";

const ICONS: Record<View, IconName> = {
  overview: "monitor",
  users: "users",
  conversations: "message",
  invites: "link",
  limits: "shield",
  audit: "eye",
  settings: "settings",
};

export function App() {
  return (
    <ErrorBoundary>
      {isShutOut.value ? <ShutOut /> : <Panel />}
      <ConfirmLayer />
      <ConfirmPasswordLayer />
      <ToastLayer />
      <TooltipLayer />
    </ErrorBoundary>
  );
}

function Panel() {
  const { view, id } = route.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${adminTexts.views[view]} · ${adminTexts.title}`;
    // People who use a keyboard or a screen reader start at the new view.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    // On a phone the list of views is wider than the screen.
    document.querySelector(".panel-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view, id]);
  return (
    <div class="panel">
      <SkipLink>{adminTexts.skip}</SkipLink>
      <header class="panel-side">
        <div class="panel-top">
          <a class="panel-back" href={CHAT_ADDRESSES.home}>
            <Icon name="back" />
            <span>{adminTexts.backToChat}</span>
          </a>
          <p class="panel-title">{adminTexts.title}</p>
          <nav aria-label={adminTexts.title}>
            <ul class="panel-nav">
              {VIEWS.map((each) => (
                <li key={each}>
                  <a href={pathOf(each)} aria-current={each === view ? "page" : undefined}>
                    <Icon name={ICONS[each]} />
                    <span>{adminTexts.views[each]}</span>
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </header>
      <main id="main" class="panel-main" ref={main} tabIndex={-1}>
        <Shown />
      </main>
    </div>
  );
}

function Shown() {
  const { view, id } = route.value;
  switch (view) {
    case "overview":
      return <Overview />;
    case "users":
      return id === undefined ? <Users /> : <UserPage key={id} id={id} />;
    case "conversations":
      return id === undefined ? <Conversations /> : <ConversationPage key={id} id={id} />;
    case "invites":
      return <Invites />;
    case "limits":
      return <Limits />;
    case "audit":
      return <Audit />;
    case "settings":
      return <Settings />;
  }
}

function ShutOut() {
  return (
    <main class="shut-out">
      <h1>{adminTexts.shutOut.title}</h1>
      <p>{adminTexts.shutOut.text}</p>
      <a class="button button-primary" href={CHAT_ADDRESSES.home}>
        {adminTexts.backToChat}
      </a>
    </main>
  );
}
