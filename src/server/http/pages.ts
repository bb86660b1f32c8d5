/** A small page that needs nothing else of the server, for people who get none of its own. */
interface BarePage {
  title: string;
  text: string;
  /** Whether it asks again by itself, after a second. */
  refresh?: boolean;
  link?: { to: string; text: string };
}

export const pathOf = (request: Request) => (URL.canParse(request.url) ? new URL(request.url).pathname : "");

/** A person's browser that opens an address; programs and scripts ask for something else. */
export const wantsPage = (request: Request) =>
  /^(GET|HEAD)$/.test(request.method) &&
  !/^\/(api|ws)(\/|$)/.test(pathOf(request)) &&
  (request.headers.get("accept") ?? "").includes("text/html");

/** Its texts are ours: nothing in it is escaped. */
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
