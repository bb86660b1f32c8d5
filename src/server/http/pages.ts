/** A small page that needs no other file, for people who can't get the web client. */
interface BarePage {
  title: string;
  text: string;
  /** The page reloads itself after a second. */
  refresh?: boolean;
  link?: { to: string; text: string };
}

export const pathOf = (request: Request) => (URL.canParse(request.url) ? new URL(request.url).pathname : "");

/** Whether a person's browser opens an address. Programs and scripts send another Accept header. */
export const wantsPage = (request: Request) =>
  /^(GET|HEAD)$/.test(request.method) &&
  !/^\/(api|ws)(\/|$)/.test(pathOf(request)) &&
  (request.headers.get("accept") ?? "").includes("text/html");

/** Writes the page. Its texts MUST be constants of the server: nothing is escaped. */
export function barePage({ title, text, refresh = false, link }: BarePage) {
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">${refresh ? '\n    <meta http-equiv="refresh" content="1">' : ""}
    <title>${title}</title>
  </head>
  <body><h1>${title}</h1><p>${text}</p>${link ? `<p><a href="${link.to}">${link.text}</a></p>` : ""}</body>
</html>
`;
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    ...(refresh ? { "Retry-After": "1" } : {}),
  };
  return { html, headers };
}
