const API = /^\/(api|ws)(\/|$)/;
/** Machines ask these addresses, whatever they accept. */
const HEALTH = /^\/api\/chat\/health(\/|$)/;
/** The media types that all browsers accept first when a person opens an address. */
const BROWSER = /^\s*text\/html\s*,\s*application\/xhtml\+xml\b/i;
const HTML_FIRST = /^\s*text\/html\b/i;

export const pathOf = (request: Request) => (URL.canParse(request.url) ? new URL(request.url).pathname : "");

/** Whether this is an address of the API, whose clients are programs in the first place. */
export const isApiPath = (path: string) => API.test(path);

/**
 * Whether a person's browser opens an address, which gets a page in place of the envelope. Scripts and most programs send
 * another Accept header. Some programs send `text/html` first without asking for it, as Java's HttpURLConnection does,
 * so at addresses of the API the request must look like a browser's.
 */
export function wantsPage(request: Request): boolean {
  const { method, headers } = request;
  if (method !== "GET" && method !== "HEAD") return false;
  // Browsers send it over HTTPS and to this machine only.
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null && destination !== "document") return false;
  const accept = headers.get("accept") ?? "";
  if (!HTML_FIRST.test(accept)) return false;
  const path = pathOf(request);
  if (!isApiPath(path)) return true;
  return !HEALTH.test(path) && (destination !== null || BROWSER.test(accept));
}
