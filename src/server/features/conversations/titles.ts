/** The title of a group without a name of its own. @param firstNames of its first three people, by joining */
export const groupTitle = (firstNames: readonly string[]) => `Group with ${firstNames.slice(0, 3).join(", ")}`;
