import { texts } from "../../texts/texts.ts";
import type { Notice } from "./notices.ts";

/** What has happened between two messages, each thing in a line of its own. */
export const NoticeLines = ({ notices }: { notices: readonly Notice[] }) => (
  <>
    {notices.map(({ version, text }) => (
      <p key={version} class="notice" dir={texts.messages.notices.direction}>
        {text}
      </p>
    ))}
  </>
);
