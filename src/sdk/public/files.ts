/** A file of a message. */
export interface MessageFile {
  id: string;
  name: string;
  /** The media type, by the file's first bytes. */
  type: string;
  bytes: number;
  /** In pixels, upright. Only of pictures and videos. */
  width?: number | undefined;
  height?: number | undefined;
  /** A ThumbHash in base64, to show while the picture loads. */
  placeholder?: string | undefined;
  /** In seconds. Only of audio and video. */
  duration?: number | undefined;
  /** Only of voice messages: loudnesses from 0 to 255, in base64. */
  waveform?: string | undefined;
  /** A description of the picture, for people who do not see it. */
  alt?: string | undefined;
}
