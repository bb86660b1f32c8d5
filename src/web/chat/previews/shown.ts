import { kept } from "../../design/kept.ts";

// The first load has only this. The module that follows your account's setting loads when the page is in use.

/** Whether you see link previews, as this browser knew it last: so a page does not move when it learns the setting. */
export const previewsShown = kept("previews", ["on", "off"]);
