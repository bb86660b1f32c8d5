import { conversations } from "./conversations.ts";
import { design } from "./design.ts";
import { keyboard } from "./keyboard.ts";
import { links } from "./links.ts";
import { messages } from "./messages.ts";
import { added, notifications } from "./notifications.ts";
import { requests } from "./requests.ts";
import { connection, home, shell, signOut } from "./shell.ts";

/**
 * The English texts that the chat needs at its start, from a file for each noun. A text that depends on a number or a
 * name is a function. `Intl` writes dates and numbers. Texts of parts that load later (`settingsTexts`, `adminTexts`, …)
 * load with them.
 */
export const en = {
  product: "Confab",
  /** For `lang` and `dir` of the page. */
  language: "en",
  direction: "ltr",
  signOut,
  conversations,
  design,
  keyboard,
  links,
  messages,
  notifications,
  added,
  requests,
  shell,
  home,
  connection,
};

export type Texts = typeof en;
