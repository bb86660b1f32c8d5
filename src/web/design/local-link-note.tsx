import { texts } from "../texts/texts.ts";

const LOOPBACK = /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/;

/** Stands below a link that was made on the server's own machine: on any other machine it leads nowhere. */
export const LocalLinkNote = ({ url }: { url: string }) =>
  LOOPBACK.test(url) ? <p class="field-hint">{texts.links.isLocal}</p> : null;
