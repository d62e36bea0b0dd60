import type { S3Addressing, S3Options } from './s3-options.ts';

/** Where requests go. */
export interface S3Endpoint {
  /** Undefined for Amazon's general name: the SDK knows the regional ones. */
  readonly url: string | undefined;
  readonly region: string;
  /** Whether somebody said so, rather than we assumed it. */
  readonly regionIsKnown: boolean;
  readonly addressing: S3Addressing;
}

/** What clients assume until the service says otherwise. */
const FIRST_REGION = 'us-east-1';

const AMAZON =
  /^s3[.-](?:fips[.-]|dualstack\.|fips\.dualstack\.)?(?:([a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?$/;

/** Decides as kopia's S3 client does: the region is given or part of Amazon's host name; the bucket goes in front of the host
 *  name at Amazon, Google and Alibaba, unless its dots would spoil their certificates, and into the path elsewhere.
 *  Source: minio-go pkg/s3utils/utils.go. */
export function planEndpoint(options: S3Options): S3Endpoint {
  const host = options.endpoint.replace(/:\d+$/, '');
  const amazon = AMAZON.exec(host);
  const region = options.region || amazon?.[1];
  const isGeneral = host === 's3.amazonaws.com';
  return {
    url: isGeneral ? undefined : `${options.doNotUseTLS ? 'http' : 'https'}://${options.endpoint}`,
    region: region ?? FIRST_REGION,
    regionIsKnown: region !== undefined,
    addressing: options.addressing ?? addressingOf(options, host, amazon !== null),
  };
}

function addressingOf({ bucket, doNotUseTLS }: S3Options, host: string, isAmazon: boolean): S3Addressing {
  if (!doNotUseTLS && bucket.includes('.')) return 'path';
  const hasVirtualHosts = isAmazon || host === 'storage.googleapis.com' || host.endsWith('aliyuncs.com');
  return hasVirtualHosts ? 'virtual' : 'path';
}
