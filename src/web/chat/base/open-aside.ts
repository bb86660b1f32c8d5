import type { ComponentType } from "preact";
import type { Conversation } from "../../../sdk/index.ts";

/** The asides of a conversation. shell/asides.ts has their parts. */
export type AsideName = "details" | "files" | "pins" | "thread";

/** Something about a conversation that stands beside it. */
export interface OpenAside {
  conversationId: string;
  name: AsideName;
  /** The id of one of several, such as that of a thread. */
  value?: string | undefined;
}

export interface AsideProps {
  /** `undefined` until it is open. */
  conversation: Conversation | undefined;
  /** The id of one of several, such as that of a thread. */
  value: string | undefined;
}

export interface Aside {
  title(props: AsideProps): string;
  Body: ComponentType<AsideProps>;
  /** The body has a scroller and edges of its own. */
  isBare?: boolean;
}
