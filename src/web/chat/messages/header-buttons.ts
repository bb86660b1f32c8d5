import type { Conversation } from "../../../sdk/index.ts";
import type { IconName } from "../../design/icon.tsx";
import { texts } from "../../texts/texts.ts";
import { openAside, toggleAside } from "../base/aside.ts";
import { openFind } from "./find/find.ts";

/** A button in the header of a conversation. */
export interface HeaderButton {
  id: string;
  icon: IconName;
  label: string;
  /** The `menu` is behind the button "More". Narrow screens have all but the last of the `bar` there too. */
  place: "bar" | "menu";
  /** Default: always. It may read signals. */
  when?(conversation: Conversation): boolean;
  /** Whether what it opens is open. */
  isOpen?(conversation: Conversation): boolean;
  run(conversation: Conversation): void;
}

/** The buttons of the header, from its start. */
export const headerButtons: readonly HeaderButton[] = [
  {
    id: "find",
    icon: "search",
    label: texts.keyboard.keys.find,
    place: "menu",
    run: ({ id }) => openFind(id),
  },
  {
    id: "pins",
    icon: "pin",
    label: texts.messages.header.pins,
    place: "menu",
    isOpen: () => openAside.value?.name === "pins",
    run: ({ id }) => toggleAside({ conversationId: id, name: "pins" }),
  },
  {
    id: "files",
    icon: "files",
    label: texts.messages.header.files,
    place: "menu",
    isOpen: () => openAside.value?.name === "files",
    run: ({ id }) => toggleAside({ conversationId: id, name: "files" }),
  },
  {
    id: "details",
    icon: "info",
    label: texts.messages.header.details,
    place: "bar",
    isOpen: () => openAside.value?.name === "details",
    run: ({ id }) => toggleAside({ conversationId: id, name: "details" }),
  },
];
