import { Failure } from "../../base/failure.ts";

/** The largest picture of a person or group that is taken. Photos of phones have a third of it. */
const BYTES_MAX = 10 * 1024 * 1024;

/** The bytes of a picture, which are the whole body of a request. @throws Failure `picture_too_large`, `not_a_picture` */
export async function pictureIn(request: Request): Promise<Buffer<ArrayBuffer>> {
  if (Number(request.headers.get("content-length")) > BYTES_MAX) throw new Failure("picture_too_large");
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > BYTES_MAX) throw new Failure("picture_too_large");
      chunks.push(chunk);
    }
  } catch (error) {
    // The client hung up within the body and gets no answer.
    throw error instanceof Failure ? error : new Failure("not_a_picture");
  }
  if (length === 0) throw new Failure("not_a_picture");
  return Buffer.concat(chunks, length);
}
