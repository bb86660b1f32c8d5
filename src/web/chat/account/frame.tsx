import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isFocusLost } from "../../design/lost-focus.ts";
import { Mark } from "../base/mark.tsx";
import { useTitle } from "../base/page-title.ts";
import { serverName } from "../session/server.ts";
import "./account.css";

/** A page before the chat with a single task: the name of the server, a title, and the task. */
export function AccountFrame({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(title);
  // The focus was on a button of the page before, which is gone.
  useEffect(() => {
    if (first.current !== title && isFocusLost()) heading.current?.focus();
    first.current = title;
  }, [title]);
  return (
    <main class="account">
      <div class="account-box">
        <p class="account-brand">
          <Mark />
          {/* Once is enough. */}
          {!title.includes(serverName.value) && <bdi>{serverName.value}</bdi>}
        </p>
        <h1 class="account-title" ref={heading} tabIndex={-1} dir="auto">
          {title}
        </h1>
        {children}
      </div>
    </main>
  );
}
