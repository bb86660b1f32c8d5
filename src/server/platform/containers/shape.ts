/** How large a film is shown, upright, and for how long. Left out: the file does not say. */
export interface Shape {
  /** In pixels. */
  width?: number;
  height?: number;
  /** In seconds. */
  duration?: number;
}
