/** The user who does something, as other people see them. */
export interface Actor {
  userId: number;
  fullName: string;
}
