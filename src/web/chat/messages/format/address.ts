export const isAddress = (text: string) => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);

/** Whether a text can stand in the brackets of a link. */
export const isLinkText = (text: string) => text.trim() !== "" && !/[[\]\n]/.test(text);

/** Writes a link. A bracket in the address would end it. */
export const linkTo = (text: string, address: string) =>
  `[${text}](${address.replaceAll("(", "%28").replaceAll(")", "%29")})`;
