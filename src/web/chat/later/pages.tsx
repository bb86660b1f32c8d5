import type { ComponentChildren } from "preact";
import { laterTexts } from "../../texts/later.ts";
import { useTitle } from "../base/page-title.ts";
import { pathTo } from "../base/routing.ts";
import "../base/page.css";
import "./later.css";

/** The frame of the two lists: saved messages, and those that are sent later. */
export function LaterPage({ page, children }: { page: "saved" | "scheduled"; children: ComponentChildren }) {
  const title = laterTexts[page];
  useTitle(title);
  return (
    <section class="page" aria-labelledby="later-title">
      <header class="page-head">
        <h1 id="later-title">{title}</h1>
      </header>
      <nav class="later-tabs" aria-label={laterTexts.tabs}>
        {(["saved", "scheduled"] as const).map((one) => (
          <a key={one} class="link" href={pathTo(one)} aria-current={one === page ? "page" : undefined}>
            {laterTexts[one]}
          </a>
        ))}
      </nav>
      <div class="page-scroll">{children}</div>
    </section>
  );
}
