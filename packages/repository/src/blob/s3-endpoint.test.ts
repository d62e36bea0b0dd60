import { expect, it } from 'vitest';
import { planEndpoint } from './s3-endpoint.ts';
import { decodeS3Options } from './s3-options.ts';

// The decisions of minio-go 7: region from the URL, virtual hosts only at those who have them.
it.each([
  [{}, undefined, 'us-east-1', false, 'virtual'],
  [{ region: 'eu-west-1' }, undefined, 'eu-west-1', true, 'virtual'],
  [
    { endpoint: 's3.eu-west-1.amazonaws.com' },
    'https://s3.eu-west-1.amazonaws.com',
    'eu-west-1',
    true,
    'virtual',
  ],
  [
    { endpoint: 's3-ap-south-1.amazonaws.com' },
    'https://s3-ap-south-1.amazonaws.com',
    'ap-south-1',
    true,
    'virtual',
  ],
  [
    { endpoint: 's3.dualstack.us-west-2.amazonaws.com' },
    'https://s3.dualstack.us-west-2.amazonaws.com',
    'us-west-2',
    true,
    'virtual',
  ],
  [
    { endpoint: 's3-fips.us-gov-west-1.amazonaws.com' },
    'https://s3-fips.us-gov-west-1.amazonaws.com',
    'us-gov-west-1',
    true,
    'virtual',
  ],
  [
    { endpoint: 's3.cn-north-1.amazonaws.com.cn' },
    'https://s3.cn-north-1.amazonaws.com.cn',
    'cn-north-1',
    true,
    'virtual',
  ],
  [{ bucket: 'dots.in.it' }, undefined, 'us-east-1', false, 'path'],
  [{ endpoint: 'storage.googleapis.com' }, 'https://storage.googleapis.com', 'us-east-1', false, 'virtual'],
  [
    { endpoint: 'oss-cn-hangzhou.aliyuncs.com' },
    'https://oss-cn-hangzhou.aliyuncs.com',
    'us-east-1',
    false,
    'virtual',
  ],
  [{ endpoint: 'minio:9000', doNotUseTLS: true }, 'http://minio:9000', 'us-east-1', false, 'path'],
  [{ endpoint: 'minio:9000', addressing: 'virtual' }, 'https://minio:9000', 'us-east-1', false, 'virtual'],
  [{ endpoint: 's3.evil.com' }, 'https://s3.evil.com', 'us-east-1', false, 'path'],
])('plans %j', (changes, url, region, regionIsKnown, addressing) => {
  const options = decodeS3Options({ bucket: 'b', ...changes });
  expect(planEndpoint(options)).toEqual({ url, region, regionIsKnown, addressing });
});
