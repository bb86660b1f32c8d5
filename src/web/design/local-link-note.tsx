import { texts } from "../texts/texts.ts";

const LOOPBACK = /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/;

/** Warns below a link that was created on the server's own machine. On other machines it leads nowhere. */
export const LocalLinkNote = ({ url }: { url: string }) =>
  LOOPBACK.test(url) ? <p class="field-hint">{texts.links.isLocal}</p> : null;
