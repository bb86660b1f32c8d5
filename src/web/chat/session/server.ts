import { signal } from "@preact/signals";
import { texts } from "../../texts/texts.ts";

/** Returns a fact that the server has put into the page. */
const fact = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="confab-${name}"]`)?.content;

/** Somebody may be signed in. If not, the client need not ask the server. */
export const isSignedIn = fact("signed-in") !== "false";

/** Decides who may create an account: everyone (`open`), people with a link (`invite`), or no one (`closed`). */
export const registration = fact("registration") ?? "open";

/** New people are found by everyone. */
export const directoryOpen = fact("directory") !== "shared";

/** The last name is optional. */
export const hasAnyNames = fact("names") === "any";

/** The name of this server. */
export const serverName = signal(fact("name") || texts.product);

/** How the next account becomes the first admin: `here` without a code, with the printed `code`, or not at all (`none`). */
export const firstUser = signal(fact("first-user") ?? "none");
