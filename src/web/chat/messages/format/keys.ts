/** The formats, with their keys. Keys with Ctrl+Alt would be letters on many keyboards. */
export const FORMATS = [
  ["bold", "Mod+B"],
  ["italics", "Mod+I"],
  ["strike", "Mod+Shift+X"],
  ["link", "Mod+Shift+U"],
  ["bullets", "Mod+Shift+8"],
  ["numbers", "Mod+Shift+7"],
  ["quote", "Mod+Shift+9"],
  ["code", "Mod+E"],
  ["block", "Mod+Shift+E"],
  ["spoiler", undefined],
] as const;

export type Format = (typeof FORMATS)[number][0];
