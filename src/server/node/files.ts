import type { Logger } from "../base/logger.ts";
import type { Meter } from "../base/meter.ts";
import type { Config } from "../config.ts";
import type { FileAccess } from "../features/files/access.ts";
import { Addresses } from "../features/files/addresses.ts";
import { Cleaning } from "../features/files/cleaning.ts";
import { Completion, type CompletionStep } from "../features/files/completion.ts";
import { scanningWith, WatchedScanner } from "../features/files/scanning.ts";
import { Files } from "../features/files/service.ts";
import { Uploads } from "../features/files/uploads.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { BlobStore } from "../platform/blobs/blobs.ts";
import { openBlobs } from "../platform/blobs/open.ts";
import { outside } from "../platform/outbound/fetch-outside.ts";
import { Pictures } from "../platform/pictures/pictures.ts";
import { openScanner } from "../platform/scanners/open.ts";
import type { Stores } from "./stores.ts";

/** The store of files, as the settings name it. */
export const blobsOf = (config: Config): BlobStore =>
  openBlobs({
    place: config.FILES,
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    accessKeyId: config.S3_ACCESS_KEY_ID,
    secretAccessKey: config.S3_SECRET_ACCESS_KEY,
  });

/** Files and their upkeep. `completion` and `uploads` of `files` MUST be closed before the database. */
export function openFiles(
  { config, logger, meter }: { config: Config; logger: Logger; meter: Meter },
  { files: store, fileAccess }: Pick<Stores, "files"> & { fileAccess: FileAccess },
  secret: string,
  jobs: Pick<Jobs, "wake">,
) {
  const blobs = blobsOf(config);
  const pictures = new Pictures(blobs, logger);
  /** In this order, after the last byte. A step that refuses the file ends them. */
  const opened = openScanner(config.SCAN, outside({ allowed: config.ALLOW_PRIVATE }));
  const scanner = opened && new WatchedScanner(opened, meter);
  scanner?.check().catch((error: unknown) => logger.warn({ err: error }, "the scanner is away, so files have to wait"));
  const steps: CompletionStep[] = [(file, key) => pictures.describe(key, file.type)];
  if (scanner) steps.push(scanningWith(scanner, blobs));
  const completion = new Completion(store, blobs, steps, logger);
  const limits = { maxFile: config.MAX_FILE, perUser: config.FILES_PER_USER, total: config.FILES_TOTAL };
  const uploads = new Uploads(store, blobs, completion, limits);
  const files = new Files(store, uploads, fileAccess, new Addresses(secret, config.FILES_ORIGIN), completion, blobs);
  const cleaning = new Cleaning(store, blobs, logger, () => jobs.wake());
  return { files, completion, cleaning, pictures, scanner };
}
