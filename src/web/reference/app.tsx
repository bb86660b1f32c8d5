import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { CHAT_ADDRESSES } from "../addresses.ts";
import { Button, IconButton } from "../design/button.tsx";
import { ConfirmLayer } from "../design/confirm-layer.tsx";
import { Dialog } from "../design/dialog.tsx";
import { ErrorBoundary } from "../design/error-boundary.tsx";
import { Icon } from "../design/icon.tsx";
import { SkipLink } from "../design/skip-link.tsx";
import { Skeleton } from "../design/spinner.tsx";
import { ToastLayer } from "../design/toast.tsx";
import { TooltipLayer } from "../design/tooltip.tsx";
import { referenceTexts as texts } from "../texts/reference.ts";
import { Account } from "./account.tsx";
import { hasFailed, isLoading, loadReference, reference } from "./base/load.ts";
import type { Reference } from "./base/reference.ts";
import { address, linkTo, place } from "./base/routing.ts";
import { CallPage } from "./calls/page.tsx";
import { CodesPage, ConsolePage, FramePage, SocketsPage } from "./frames/page.tsx";
import { Nav } from "./nav.tsx";
import { Start } from "./start.tsx";

export function App() {
  const loaded = reference.value;
  return (
    <ErrorBoundary>
      <SkipLink>{texts.skip}</SkipLink>
      <Header reference={loaded} />
      <div class="frame">
        <div class="side">{loaded && <Nav reference={loaded} />}</div>
        <Main reference={loaded} />
      </div>
      <ConfirmLayer />
      <ToastLayer />
      <TooltipLayer />
    </ErrorBoundary>
  );
}

function Header({ reference }: { reference: Reference | undefined }) {
  const [isNavOpen, setNavOpen] = useState(false);
  return (
    <header class="top">
      <span class="top-menu">
        <IconButton
          icon="menu"
          label={texts.nav.open}
          aria-haspopup="dialog"
          disabled={!reference}
          onClick={() => setNavOpen(true)}
        />
      </span>
      <a class="top-back" href={CHAT_ADDRESSES.home}>
        <Icon name="back" />
        <span>{texts.backToChat}</span>
      </a>
      <a class="top-title" href={linkTo("")}>
        {texts.title}
      </a>
      <Account />
      {isNavOpen && reference && (
        <Dialog title={texts.nav.title} shape="side" onClose={() => setNavOpen(false)}>
          <Nav reference={reference} onOpen={() => setNavOpen(false)} />
        </Dialog>
      )}
    </header>
  );
}

function Main({ reference }: { reference: Reference | undefined }) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef<string | undefined>(undefined);
  const id = address.value;
  // Before the next key, which then belongs to the new part.
  useLayoutEffect(() => {
    if (!reference) return;
    const title = main.current?.querySelector("h1");
    document.title = id === "" || !title?.textContent ? texts.title : `${title.textContent} · ${texts.title}`;
    // People who use a keyboard or a screen reader start at the new part. A new page starts at its own beginning.
    if (shown.current !== undefined && shown.current !== id) {
      scrollTo(0, 0);
      title?.focus({ preventScroll: true });
    }
    shown.current = id;
  }, [id, reference]);
  return (
    <main id="main" class="main" ref={main} tabIndex={-1}>
      {reference ? <Shown reference={reference} /> : <Loading />}
    </main>
  );
}

function Shown({ reference }: { reference: Reference }) {
  const now = place.value;
  switch (now.page) {
    case "start":
      return <Start reference={reference} />;
    case "call":
      return <CallPage key={now.call.id} call={now.call} noun={now.noun} reference={reference} />;
    case "frame":
      return <FramePage key={now.frame.id} frame={now.frame} reference={reference} />;
    case "sockets":
      return <SocketsPage reference={reference} />;
    case "close-codes":
      return <CodesPage reference={reference} />;
    case "console":
      return <ConsolePage reference={reference} />;
    case "missing":
      return (
        <article class="part-text">
          <h1 tabIndex={-1}>{texts.missing.title}</h1>
          <p>{texts.missing.text}</p>
          <a class="button button-primary" href={linkTo("")}>
            {texts.missing.action}
          </a>
        </article>
      );
  }
}

/** Before the documents are there, or in their place. */
const Loading = () => (
  <div class="part-text">
    <h1 tabIndex={-1}>{texts.title}</h1>
    <div role="alert">
      {hasFailed.value && (
        <p class="notice notice-error">
          <Icon name="offline" />
          <span>{texts.couldNotLoad}</span>
          <Button icon="refresh" busy={isLoading.value} onClick={() => void loadReference()}>
            {texts.tryAgain}
          </Button>
        </p>
      )}
    </div>
    {!hasFailed.value && <Skeleton lines={8} />}
  </div>
);
