import { bucketName } from './bucket-name.ts';
import { ConfigFields } from './config-fields.ts';

/** How requests name the bucket: in the path of the URL or in front of its host name. */
export type S3Addressing = 'path' | 'virtual';

/** Where a bucket is and how to be let in; the fields of kopia's `s3` connection, and `addressing`.
 *  Empty texts are absent. Source: kopia repo/blob/s3/s3_options.go. */
export interface S3Options {
  readonly bucket: string;
  /** In front of every blob's name, literally. */
  readonly prefix: string;
  /** Host and maybe port, without `https://`. */
  readonly endpoint: string;
  readonly region: string;
  readonly doNotUseTLS: boolean;
  readonly doNotVerifyTLS: boolean;
  /** PEM. */
  readonly rootCA: string;
  readonly credentials: S3CredentialOptions;
  /** Shows the bucket as it was then; milliseconds since the Unix epoch. */
  readonly pointInTimeMs?: number;
  /** Instead of what the endpoint suggests. kopia doesn't know this field and passes it over. */
  readonly addressing?: S3Addressing;
}

/** Who asks. Without a key and a role: whoever the environment says. */
export interface S3CredentialOptions {
  readonly accessKeyID: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly webIdentityToken: string;
  /** Read anew for each session; wins over `webIdentityToken`. */
  readonly webIdentityTokenFile: string;
  readonly roleARN: string;
  readonly sessionName: string;
  /** Of a role's session; 0 for the service's own. */
  readonly durationMs: number;
  readonly roleEndpoint: string;
  readonly roleRegion: string;
}

/** What kopia's command line fills in. */
const DEFAULT_ENDPOINT = 's3.amazonaws.com';

/** Reads the `config` of an s3 connection; other fields are left to others. Throws CONFIG_INVALID. */
export function decodeS3Options(config: unknown): S3Options {
  const fields = new ConfigFields('s3', config);
  const endpoint = fields.string('endpoint') || DEFAULT_ENDPOINT;
  if (endpoint.includes('/'))
    throw fields.invalid('endpoint is a host such as s3.example.com:9000, not a URL');
  if (!URL.canParse(`https://${endpoint}`))
    throw fields.invalid('endpoint is not a host such as s3.example.com:9000');
  const pointInTimeMs = fields.time('pointInTime');
  const addressing = addressingOf(fields);
  return {
    bucket: bucketName(fields, 'bucket'),
    prefix: fields.string('prefix'),
    endpoint,
    region: regionOf(fields, 'region'),
    doNotUseTLS: fields.boolean('doNotUseTLS'),
    doNotVerifyTLS: fields.boolean('doNotVerifyTLS'),
    rootCA: fields.base64('rootCA'),
    credentials: credentialsOf(fields),
    ...(pointInTimeMs !== undefined && { pointInTimeMs }),
    ...(addressing !== undefined && { addressing }),
  };
}

function addressingOf(fields: ConfigFields): S3Addressing | undefined {
  const addressing = fields.string('addressing');
  if (addressing === '') return undefined;
  if (addressing === 'path' || addressing === 'virtual') return addressing;
  throw fields.invalid('addressing is neither path nor virtual');
}

/** Becomes part of host names. */
function regionOf(fields: ConfigFields, name: string): string {
  const pattern = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;
  return fields.matching(name, pattern, 'not a region such as eu-central-1');
}

function credentialsOf(fields: ConfigFields): S3CredentialOptions {
  return {
    accessKeyID: fields.string('accessKeyID'),
    secretAccessKey: fields.string('secretAccessKey'),
    sessionToken: fields.string('sessionToken'),
    webIdentityToken: fields.string('webIdentityToken'),
    webIdentityTokenFile: fields.string('webIdentityTokenFile'),
    roleARN: fields.string('roleARN'),
    sessionName: fields.string('sessionName'),
    durationMs: fields.durationMs('duration'),
    roleEndpoint: fields.url('roleEndpoint'),
    roleRegion: regionOf(fields, 'roleRegion'),
  };
}
