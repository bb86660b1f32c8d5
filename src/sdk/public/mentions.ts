/** The members whom a message mentions by `<@12>`, and whether it mentions everybody. */
export interface Mentions {
  user_ids: number[];
  /** `all`: everybody. `here`: everybody who was online when it was sent. */
  scope?: "here" | "all" | undefined;
  /** The names of today, in the order of `user_ids`. */
  names?: string[] | undefined;
}
