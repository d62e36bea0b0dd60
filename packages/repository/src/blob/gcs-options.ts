import { bucketName } from './bucket-name.ts';
import { ConfigFields } from './config-fields.ts';

/** Where a bucket is and how to be let in; the fields of kopia's `gcs` connection. Empty texts are absent; without credentials
 *  Google's libraries look for those of the machine. Source: kopia repo/blob/gcs/gcs_options.go. */
export interface GcsOptions {
  readonly bucket: string;
  /** In front of every blob's name, literally. */
  readonly prefix: string;
  readonly credentialsFile: string;
  /** A service account's key, instead of the file. */
  readonly credentials: Readonly<Record<string, unknown>> | undefined;
  /** Asks Google for no more than reading. */
  readonly readOnly: boolean;
  /** Shows the bucket as it was then; milliseconds since the Unix epoch. */
  readonly pointInTimeMs?: number;
}

/** Reads the `config` of a gcs connection; other fields are left to others. Throws CONFIG_INVALID. */
export function decodeGcsOptions(config: unknown): GcsOptions {
  const fields = new ConfigFields('gcs', config);
  const pointInTimeMs = fields.time('pointInTime');
  const credentials = fields.json('credentials');
  if (credentials !== undefined && (typeof credentials !== 'object' || credentials === null))
    throw fields.invalid('credentials are not an object');
  return {
    bucket: bucketName(fields, 'bucket'),
    prefix: fields.string('prefix'),
    credentialsFile: fields.string('credentialsFile'),
    credentials: credentials === undefined ? undefined : { ...credentials },
    readOnly: fields.boolean('readOnly'),
    ...(pointInTimeMs !== undefined && { pointInTimeMs }),
  };
}
