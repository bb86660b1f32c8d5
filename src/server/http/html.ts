/** Makes a text safe between tags and in a quoted attribute. */
export const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The source by which a Content-Security-Policy allows one inline style. */
export const hashOf = (style: string) => `'sha256-${new Bun.CryptoHasher("sha256").update(style).digest("base64")}'`;
