import { expect, it } from 'vitest';
import { decodeS3Options } from './s3-options.ts';

it('reads what kopia writes', () => {
  const config: unknown = JSON.parse(
    '{"bucket":"b","prefix":"p/","endpoint":"h:9000","doNotUseTLS":true,"rootCA":"UEVN","accessKeyID":"id",' +
      '"secretAccessKey":"key","sessionToken":"","roleARN":"arn","sessionName":"","duration":"1h0m30s","roleEndpoint":"",' +
      '"roleRegion":"","region":"r","maxUploadSpeedBytesPerSecond":5,"pointInTime":"2026-01-31T00:00:00.5+01:00"}',
  );
  expect(decodeS3Options(config)).toEqual({
    bucket: 'b',
    prefix: 'p/',
    endpoint: 'h:9000',
    region: 'r',
    doNotUseTLS: true,
    doNotVerifyTLS: false,
    rootCA: 'PEM',
    credentials: {
      accessKeyID: 'id',
      secretAccessKey: 'key',
      sessionToken: '',
      webIdentityToken: '',
      webIdentityTokenFile: '',
      roleARN: 'arn',
      sessionName: '',
      durationMs: 3_630_000,
      roleEndpoint: '',
      roleRegion: '',
    },
    pointInTimeMs: Date.UTC(2026, 0, 30, 23, 0, 0, 500),
  });
});

it('takes the zero time and missing members for nothing', () => {
  const options = decodeS3Options({ bucket: 'b', prefix: null, pointInTime: '0001-01-01T00:00:00Z' });
  expect(options).toMatchObject({ prefix: '', endpoint: 's3.amazonaws.com' });
  expect(options.pointInTimeMs).toBeUndefined();
  expect(decodeS3Options({ bucket: 'b', duration: '3600000000000' }).credentials.durationMs).toBe(3_600_000);
});

it.each([
  [null, 'not an object'],
  [{}, 'bucket is missing'],
  [{ bucket: 1 }, 'bucket is not a text'],
  [{ bucket: 'b', endpoint: 'https://h' }, 'not a URL'],
  [{ bucket: 'b/c' }, 'give what follows the name as prefix'],
  [{ bucket: 'arn:aws:s3:::b' }, 'bucket is an ARN; give the name'],
  [{ bucket: 'my backups' }, 'bucket is not a name'],
  [{ bucket: 'b', endpoint: 'two words' }, 'endpoint is not a host'],
  [{ bucket: 'b', endpoint: 'h:99999' }, 'endpoint is not a host'],
  [{ bucket: 'b', region: 'odd region!' }, 'region is not a region such as eu-central-1'],
  [{ bucket: 'b', region: 'a/b' }, 'region is not a region'],
  [{ bucket: 'b', roleRegion: '-' }, 'roleRegion is not a region'],
  [{ bucket: 'b', roleEndpoint: 'sts' }, 'roleEndpoint is not a URL'],
  [{ bucket: 'b', doNotUseTLS: 'yes' }, 'doNotUseTLS is not true or false'],
  [{ bucket: 'b', rootCA: '!' }, 'rootCA is not base64'],
  [{ bucket: 'b', pointInTime: 'then' }, 'pointInTime is not a time'],
  [{ bucket: 'b', duration: '1 hour' }, 'duration is not a duration'],
  [{ bucket: 'b', addressing: 'best' }, 'addressing is neither'],
])('refuses %j', (config, reason) => {
  const refused = { code: 'CONFIG_INVALID', message: expect.stringContaining(reason) };
  expect(() => decodeS3Options(config)).toThrow(expect.objectContaining(refused));
});

it('never repeats a secret', () => {
  expect(() => decodeS3Options({ bucket: 'b', secretAccessKey: ['hush'] })).toThrow(/^(?!.*hush)/);
});
