import type { BlobStore } from "./blobs.ts";
import { FolderBlobs } from "./folder.ts";
import { S3Blobs } from "./s3.ts";

export interface BlobSettings {
  /** A folder, or a bucket and what its keys begin with. */
  place: string | { bucket: string; prefix: string };
  /** Left out: Amazon's. */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export function openBlobs({ place, endpoint, ...access }: BlobSettings): BlobStore {
  if (typeof place === "string") return new FolderBlobs(place);
  const options = { bucket: place.bucket, ...access, ...(endpoint !== undefined && { endpoint }) };
  return new S3Blobs(new Bun.S3Client(options), place.prefix);
}
