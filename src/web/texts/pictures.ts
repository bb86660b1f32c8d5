/** The texts about pictures of people and groups. They load with their parts of the page. */
export const pictureTexts = {
  choose: "Choose picture",
  change: "Change picture",
  remove: "Remove picture",
  removeTitle: "Remove your picture?",
  removeText: "People see your initials instead.",
  removeOfGroupTitle: "Remove the picture of this group?",
  removeOfGroupText: "Everyone in the group sees this.",
  cropTitle: "Choose the part to show",
  crop: "The part to show. Move it with the arrow keys, and zoom with plus and minus.",
  cropHint: "Drag the picture to move it. Zoom with the slider or two fingers.",
  zoom: "Zoom",
  saved: "Picture saved.",
  removed: "Picture removed.",
  unreadable: "Your browser can’t show this file as a picture. Choose a JPEG, PNG or WebP.",
};
