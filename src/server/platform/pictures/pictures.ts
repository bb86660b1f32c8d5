import { PICTURE_SIZES } from "../../../protocol/files.ts";
import type { Logger } from "../../base/logger.ts";
import { BlobFault, type Patch } from "../blobs/blobs.ts";
import { type ContainerType, examineContainer, isContainerType } from "../containers/containers.ts";
import { Decoding, PICTURE_BYTES_MAX } from "./decoding.ts";
import { HEAD_BYTES, mediaTypeOf, PLAIN_FILE } from "./media-type.ts";
import { isPictureType, pictureOf, smallerOf, squaresOf } from "./picture.ts";

type Key = `${"files" | "avatars"}/${string}`;
type Body = Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

/** The part of the store of files that pictures need. */
export interface PictureBlobs {
  size(key: Key): Promise<number | undefined>;
  read(key: Key, range?: { start: number; end: number }): Promise<Body | undefined>;
  put(key: Key, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  overwrite(key: Key, patches: readonly Patch[]): Promise<void>;
  delete(key: Key): Promise<void>;
}

export interface Described {
  /** The media type, by the first bytes. */
  type: string;
  /** Nothing for a file that is not shown as a picture. */
  details: { width?: number; height?: number; placeholder?: string; duration?: number };
  /** The length of the stored file. */
  bytes: number;
}

export type PictureSize = (typeof PICTURE_SIZES)[number];

/** Tells what files are, takes metadata out of pictures, and makes smaller ones. */
export class Pictures {
  private readonly decoding = new Decoding();
  /** The smaller pictures that are made now, so that all who ask wait for the same one. */
  private readonly making = new Map<Key, Promise<Key | undefined>>();

  constructor(
    private readonly blobs: PictureBlobs,
    private readonly logger: Logger,
  ) {}

  /** `squaresOf`, when it is its turn. */
  squares(bytes: Buffer<ArrayBuffer>, sides: readonly number[]): Promise<Buffer<ArrayBuffer>[] | undefined> {
    return this.decoding.run(() => squaresOf(bytes, sides));
  }

  /**
   * Looks at a finished file. Of a picture, it takes EXIF with the place and all else that is not the picture out of the
   * stored file, before anybody reads it. A repeat changes nothing.
   *
   * @param claimed the media type that the client gave. It tells only audio from video.
   */
  async describe(key: Key, claimed?: string): Promise<Described> {
    const bytes = (await this.blobs.size(key)) ?? 0;
    const head = await this.bytesOf(key, { start: 0, end: Math.min(bytes, HEAD_BYTES) });
    const type = await mediaTypeOf(head, claimed);
    if (isContainerType(type)) return this.describeContainer(key, type, bytes);
    if (!isPictureType(type)) return { type, details: {}, bytes };
    if (bytes > PICTURE_BYTES_MAX) return { type: PLAIN_FILE, details: {}, bytes };
    return this.decoding.run(async () => {
      const original = await this.bytesOf(key);
      const picture = await pictureOf(original, type);
      if (picture.bytes !== original) await this.blobs.put(key, picture.bytes);
      const stored = { bytes: picture.bytes.length };
      if (picture.shown) return { type, details: picture.shown, ...stored };
      this.logger.info({ key, type, reason: picture.reason }, "a picture stays a plain file");
      return { type: PLAIN_FILE, details: {}, ...stored };
    });
  }

  /** A file that can't be followed may still have its place. It is not shown, so that broken files are not common. */
  private async describeContainer(key: Key, type: ContainerType, bytes: number): Promise<Described> {
    const { patches, shape, reason } = await examineContainer(type, bytes, (range) => this.bytesOf(key, range));
    if (patches.length > 0) await this.blobs.overwrite(key, patches);
    if (reason !== undefined) this.logger.info({ key, type, reason }, "a file stays a plain file");
    const isFollowed = reason === undefined;
    return { type: isFollowed ? type : PLAIN_FILE, details: shape, bytes };
  }

  /**
   * The key of a smaller picture, made when it is first asked for. It is the key of the picture itself where a WebP
   * would take more bytes, where nothing here decodes the picture, and where no space is left for a WebP. A moving GIF or
   * PNG gives its first picture. `undefined`: the picture has no bytes.
   */
  async smaller(key: Key, size: PictureSize): Promise<Key | undefined> {
    const wanted: Key = `${key}-${size}.webp`;
    const making = this.making.get(wanted) ?? this.make(key, wanted, size).finally(() => this.making.delete(wanted));
    this.making.set(wanted, making);
    return making;
  }

  private async make(key: Key, wanted: Key, size: PictureSize): Promise<Key | undefined> {
    const stored = await this.blobs.size(wanted);
    // An empty one says that there is none.
    if (stored !== undefined) return stored > 0 ? wanted : key;
    return this.decoding.run(async () => {
      const body = await this.blobs.read(key);
      if (body === undefined) return undefined;
      const original = Buffer.from(await new Response(body).arrayBuffer());
      const smaller = await smallerOf(original, size);
      const isSmaller = smaller !== undefined && smaller.length < original.length;
      try {
        await this.blobs.put(wanted, isSmaller ? smaller : new Uint8Array());
      } catch (error) {
        if (error instanceof BlobFault && error.fault === "full") return key;
        throw error;
      }
      // The file may have been removed meanwhile, with the smaller pictures that were there.
      if ((await this.blobs.size(key)) === undefined) await this.blobs.delete(wanted);
      return isSmaller ? wanted : key;
    });
  }

  /** The keys of all that is made from a file, which go with it. */
  keysBeside(key: Key): Key[] {
    return PICTURE_SIZES.map((size): Key => `${key}-${size}.webp`);
  }

  private async bytesOf(key: Key, range?: { start: number; end: number }): Promise<Buffer<ArrayBuffer>> {
    const body = await this.blobs.read(key, range);
    if (body === undefined) throw new Error(`no such file: ${key}`);
    return Buffer.from(await new Response(body).arrayBuffer());
  }
}
