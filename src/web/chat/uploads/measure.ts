import type { FileDetails } from "../../../sdk/public/uploads.ts";

/** A picture that takes longer is sent without its size. */
const WITHIN_MS = 4_000;

/** Reads the size of a picture or a video, upright, so that the message has room for it before the server has it. */
export async function measure(file: File): Promise<FileDetails> {
  const isVideo = file.type.startsWith("video/");
  if (!isVideo && !file.type.startsWith("image/")) return {};
  const url = URL.createObjectURL(file);
  try {
    return await Promise.race([isVideo ? ofVideo(url) : ofPicture(url), given(WITHIN_MS)]);
  } catch {
    // The browser can't draw it. The message shows it as a file.
    return {};
  } finally {
    URL.revokeObjectURL(url);
  }
}

const given = (ms: number) => new Promise<FileDetails>((resolve) => setTimeout(() => resolve({}), ms));

function ofPicture(url: string): Promise<FileDetails> {
  const picture = new Image();
  return new Promise((resolve, reject) => {
    picture.onload = () => resolve({ width: picture.naturalWidth, height: picture.naturalHeight });
    picture.onerror = reject;
    picture.src = url;
  });
}

function ofVideo(url: string): Promise<FileDetails> {
  const video = document.createElement("video");
  video.preload = "metadata";
  return new Promise((resolve, reject) => {
    video.onloadedmetadata = () => {
      const { videoWidth: width, videoHeight: height, duration } = video;
      resolve({ ...(width > 0 && { width, height }), ...(Number.isFinite(duration) && { duration }) });
      video.removeAttribute("src");
    };
    video.onerror = reject;
    video.src = url;
  });
}
