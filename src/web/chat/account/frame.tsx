import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isFocusLost } from "../../design/lost-focus.ts";
import { Mark } from "../base/mark.tsx";
import { useTitle } from "../base/page-title.ts";
import { serverName } from "../session/session.ts";

/** A page with one thing to do, before the chat: the server's name, a title, and what there is to do. */
export function AccountFrame({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(title);
  // The button that led here went with the last page.
  useEffect(() => {
    if (first.current !== title && isFocusLost()) heading.current?.focus();
    first.current = title;
  }, [title]);
  return (
    <main class="account">
      <div class="account-box">
        <p class="account-brand">
          <Mark />
          <bdi>{serverName.value}</bdi>
        </p>
        <h1 class="account-title" ref={heading} tabIndex={-1} dir="auto">
          {title}
        </h1>
        {children}
      </div>
    </main>
  );
}
