import { texts } from "../../texts/texts.ts";
import type { Notice } from "./notices.ts";

/** The events between two messages, one a line. */
export const NoticeLines = ({ notices }: { notices: readonly Notice[] }) => (
  <>
    {notices.map(({ version, text }) => (
      <p key={version} class="notice">
        <bdi dir={texts.messages.notices.direction}>{text}</bdi>
      </p>
    ))}
  </>
);
