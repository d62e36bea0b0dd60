import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTool, openTool, titleFor } from '../../../../test/support/tools.ts';
import { type Connection, readConnectionFile, writeConnectionFile } from './connection-file.ts';
import { decodeConnectionToken, encodeConnectionToken } from './connection-token.ts';
import {
  deletePasswordFile,
  passwordFilePath,
  readPasswordFile,
  writePasswordFile,
} from './password-file.ts';
import { cacheName, userPaths } from './paths.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-connection-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** As kopia wrote it, with two members that this program does not use. */
const kopiaFile = (): string => `{
  "storage": {
    "type": "filesystem",
    "config": {
      "path": "/backups/r1",
      "fileMode": 384,
      "dirMode": 448,
      "dirShards": null
    }
  },
  "caching": {
    "cacheDirectory": "cache/6a950d59803a3ddb",
    "maxCacheSize": 5242880000,
    "maxMetadataCacheSize": 5242880000,
    "maxListCacheDuration": 30,
    "minContentSweepAge": 600
  },
  "hostname": "vm",
  "username": "root",
  "description": "Repository in Filesystem: /backups/r1",
  "enableActions": false,
  "formatBlobCacheDuration": 900000000000,
  "throttlingLimits": {
    "readsPerSecond": 1.5
  }
}`;

describe('connection files', () => {
  test('one of kopia is read', async () => {
    const path = join(directory, 'k.config');
    writeFileSync(path, kopiaFile());
    expect(await readConnectionFile(path)).toMatchObject({
      storage: { type: 'filesystem', config: { path: '/backups/r1', dirShards: null } },
      caching: { directory: join(directory, 'cache/6a950d59803a3ddb'), maxListSeconds: 30 },
      hostname: 'vm',
      username: 'root',
      readonly: false,
      formatBlobCacheMs: 900_000,
      throttlingLimits: { readsPerSecond: 1.5 },
    });
  });

  test('rewriting changes nothing, in a directory that is made', async () => {
    const path = join(directory, 'k.config');
    writeFileSync(path, kopiaFile());
    const connection = await readConnectionFile(path);
    const copy = join(directory, 'new/k.config');
    if (connection) await writeConnectionFile(copy, connection);
    expect(readFileSync(copy, 'utf8')).toBe(kopiaFile().replace('"cache/', '"../cache/'));
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'new')).mode & 0o777).toBe(0o700);
    expect(await readConnectionFile(copy)).toEqual(connection);
  });

  test('a missing one is no error, a damaged one is', async () => {
    const path = join(directory, 'k.config');
    expect(await readConnectionFile(path)).toBeUndefined();
    for (const text of ['', '[]', '{}', '{"storage":{}}', '{"storage":{"type":"s3","config":"secret"}}']) {
      writeFileSync(path, text);
      await expect(readConnectionFile(path)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        detail: { path },
      });
    }
  });

  test('one that leads to a server is refused', async () => {
    const path = join(directory, 'k.config');
    writeFileSync(path, '{"apiServer":{"url":"https://localhost:1"},"hostname":"h"}');
    await expect(readConnectionFile(path)).rejects.toMatchObject({ code: 'STORAGE_UNSUPPORTED' });
  });
});

describe('password files', () => {
  test.each(['correct horse', ' pässwörd\n', ''])('%j survives', async (password) => {
    const config = join(directory, 'repository.config');
    expect(await readPasswordFile(config)).toBeUndefined();
    await writePasswordFile(config, password);
    expect(await readPasswordFile(config)).toBe(password);
    expect(statSync(passwordFilePath(config)).mode & 0o777).toBe(0o600);
    await deletePasswordFile(config);
    await deletePasswordFile(config);
    expect(await readPasswordFile(config)).toBeUndefined();
  });

  test('line ends are ignored, other damage is not', async () => {
    const config = join(directory, 'repository.config');
    writeFileSync(passwordFilePath(config), 'cH\ncx\r\n');
    expect(await readPasswordFile(config)).toBe('pw1');
    writeFileSync(passwordFilePath(config), 'not base64');
    await expect(readPasswordFile(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('tokens', () => {
  /** Printed by kopia. */
  const TOKEN =
    'eyJ2ZXJzaW9uIjoiMSIsInN0b3JhZ2UiOnsidHlwZSI6ImZpbGVzeXN0ZW0iLCJjb25maWciOnsicGF0aCI6Ii90bXAvZXhhbXBsZS9yZXBvc2l0b3J5IiwiZmlsZU1vZGUiOjM4NCwiZGlyTW9kZSI6NDQ4LCJkaXJTaGFyZHMiOm51bGx9fSwicGFzc3dvcmQiOiJwd1x1MDAzYzFcdTAwM2VcdTAwMjbDqSJ9';

  test('one of kopia is read, and written the same', () => {
    const content = decodeConnectionToken(TOKEN);
    expect(content.password).toBe('pw<1>&é');
    expect(content.storage.type).toBe('filesystem');
    expect(encodeConnectionToken(content)).toBe(TOKEN);
  });

  test.each([
    '',
    'x',
    TOKEN.slice(0, -3),
    Buffer.from('{"version":"2","storage":{"type":"s3"}}').toString('base64url'),
  ])('%j is refused without being quoted', (token) => {
    expect(() => decodeConnectionToken(token)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('pw') }),
    );
  });
});

describe('paths', () => {
  test('follow the XDG variables, unless they are relative', () => {
    expect(userPaths({ HOME: '/home/u' })).toEqual({
      connectionFile: '/home/u/.config/holdfast/repository.config',
      dataDirectory: '/home/u/.local/share/holdfast',
      cacheDirectory: '/home/u/.cache/holdfast',
    });
    const env = { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_CACHE_HOME: 'relative', HOME: '/h' };
    expect(userPaths(env)).toEqual({
      connectionFile: '/c/holdfast/repository.config',
      dataDirectory: '/d/holdfast',
      cacheDirectory: '/h/.cache/holdfast',
    });
    expect(() => userPaths({ XDG_CONFIG_HOME: '/c' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test('the name of a cache is that of kopia', () => {
    const uniqueId = Buffer.from('92ab1191e2802d6027010b232025ae38df353115fdbdb5ab7d72f6148d60dca8', 'hex');
    expect(cacheName(uniqueId, '/tmp/example/k.config')).toBe('d40522365a3b6bd7');
  });
});

describe.skipIf(!findTool('kopia'))(titleFor('kopia', 'kopia and we use each other’s files'), () => {
  test('in both directions', async () => {
    using kopia = openTool('kopia');
    const repository = join(directory, 'repository');
    const persistent = ['--persist-credentials', '--no-use-keyring'];
    kopia.mustRun(['repository', 'create', 'filesystem', '--path', repository, ...persistent]);
    const theirs = kopia.env['KOPIA_CONFIG_PATH'] ?? '';
    const connection = await readConnectionFile(theirs);
    expect(connection?.storage).toMatchObject({ type: 'filesystem', config: { path: repository } });
    expect(await readPasswordFile(theirs)).toBe('test-password');

    const ours = join(directory, 'ours/repository.config');
    if (connection) await writeConnectionFile(ours, withoutCache(connection));
    await writePasswordFile(ours, 'test-password');
    const status: unknown = JSON.parse(
      kopia.mustRun(['repository', 'status', '--json', '--config-file', ours], { KOPIA_PASSWORD: '' }),
    );
    expect(status).toMatchObject({ configFile: ours, storage: { config: { path: repository } } });
    expect(
      kopia.mustRun(['repository', 'status', '--reconnect-token', '--reconnect-token-with-password']),
    ).toContain(
      encodeConnectionToken({
        storage: connection?.storage ?? { type: '', config: {} },
        password: 'test-password',
      }),
    );
  });
});

function withoutCache(connection: Connection): Connection {
  return {
    ...connection,
    caching: { ...connection.caching, directory: '', contentSize: 0, metadataSize: 0 },
  };
}
