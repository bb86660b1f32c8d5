/** Somebody who opens the page. */
export type Visitor = "signed-in" | "signed-out";

/** A link by which a browser loads a script before another one asks for it. Without a visitor, it is for everybody. */
export const earlyLink = (path: string, visitor?: Visitor) =>
  `<link rel="modulepreload" crossorigin href="${path}"${visitor ? ` data-for="${visitor}"` : ""}>`;

/** Leaves the links that are for a visitor. */
export const linksFor = (visitor: Visitor, page: string) =>
  page.replace(/<link [^>]*data-for="([^"]+)"[^>]*>/g, (link, whose) => (whose === visitor ? link : ""));
