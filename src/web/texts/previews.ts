/** The texts of link previews. They load with the first one. */
export const previewTexts = {
  list: "Link previews",
  remove: "Remove the previews for everybody",
};
