import { expect, it } from 'vitest';
import { decodeFileSystemOptions } from './filesystem-options.ts';

it('reads a connection that kopia wrote', () => {
  const config: unknown = JSON.parse(
    '{"path":"/r","fileMode":384,"dirMode":448,"uid":1,"gid":0,"dirShards":null,"maxUploadSpeedBytesPerSecond":5}',
  );
  expect(decodeFileSystemOptions(config)).toEqual({
    path: '/r',
    fileMode: 0o600,
    dirMode: 0o700,
    uid: 1,
    gid: 0,
  });
});

it('tells no shards from none given', () => {
  expect(decodeFileSystemOptions({ path: '/r', dirShards: [] }).dirShards).toEqual([]);
  expect(decodeFileSystemOptions({ path: '/r' }).dirShards).toBeUndefined();
  expect(decodeFileSystemOptions({ path: '/r', dirShards: [1, 2], listParallelism: 3 })).toEqual({
    path: '/r',
    dirShards: [1, 2],
    listParallelism: 3,
  });
});

it.each([
  null,
  'path',
  {},
  { path: '' },
  { path: 1 },
  { path: '/r', uid: '0' },
  { path: '/r', fileMode: -1 },
  { path: '/r', dirShards: 3 },
  { path: '/r', dirShards: [0.5] },
])('refuses %j', (config) => {
  expect(() => decodeFileSystemOptions(config)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
