/** How many files a message has at most. */
export const FILES_MAX = 10;
/** How long the description of a picture is at most, in code points. */
export const ALT_MAX = 300;
