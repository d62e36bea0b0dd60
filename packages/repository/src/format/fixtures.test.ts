import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Fixture, listFixtures, readExpected } from '../../../../test/support/fixtures.ts';
import { createMemoryStorage } from '../blob/memory.ts';
import type { BlobId, BlobStorage } from '../blob/storage.ts';
import { systemClock } from '../clock.ts';
import { repositoryErrorCode } from '../errors.ts';
import { BLOB_CONFIG_ID, encodeBlobConfig } from './blobcfg.ts';
import { encodeFormatBlob, FORMAT_BLOB_ID } from './format-blob.ts';
import { decodeSchedule, encodeSchedule, MAINTENANCE_BLOB_ID } from './maintenance-blob.ts';
import { deriveFormatSealingKey, deriveMaintenanceSealingKey } from './keys.ts';
import { openFormat, openFormatField, rootKeys } from './open-format.ts';
import { encodeRepositoryFormat } from './parameters.ts';
import { openField } from './sealed-field.ts';

const BLOBS = [FORMAT_BLOB_ID, BLOB_CONFIG_ID, MAINTENANCE_BLOB_ID];
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

const fixtures = listFixtures();
const openable = fixtures.filter((fixture) => !readExpected(fixture).openFails && hasFormat(fixture));
/** Damaged ones share the format of what they were made from; deriving its key once is enough. */
const distinct = new Map(
  openable
    .toReversed()
    .map((fixture) => [textOf(readBlob(fixture, FORMAT_BLOB_ID) ?? Buffer.alloc(0)), fixture]),
);

describe('formats that kopia wrote', () => {
  const table = [...distinct.values()].map((fixture) => [fixture.name, fixture] as const);
  test.concurrent.each(table)('%s', async (_, fixture) => {
    const expected = readExpected(fixture).format;
    const opened = await openFormat(await storageOf(fixture), readExpected(fixture).password);
    const { blob, bytes, format } = opened;

    expect(Buffer.from(blob.uniqueId).toString('hex')).toBe(expected.uniqueID);
    expect(format).toMatchObject({
      hash: expected.hash,
      encryption: expected.encryption,
      ecc: expected.ecc,
      eccOverheadPercent: expected.eccOverheadPercent,
      splitter: expected.splitter,
      formatVersion: expected.mutable.version,
      maxPackSize: expected.mutable.maxPackSize,
      indexVersion: expected.mutable.indexVersion,
    });
    expect(format.epochParameters.enabled).toBe(expected.mutable.epochParameters['Enabled']);
    expect(opened.retention).toBeUndefined();

    expect(textOf(encodeFormatBlob(blob))).toBe(textOf(bytes));
    expect(textOf(encodeRepositoryFormat(format))).toBe(textOf(openFormatField(blob, opened.formatKey)));
    const config = readBlob(fixture, BLOB_CONFIG_ID);
    const key = deriveFormatSealingKey(opened.formatKey, blob.uniqueId);
    if (config) expect(openField(config, key)).toEqual(encodeBlobConfig(undefined));

    const maintenance = readBlob(fixture, MAINTENANCE_BLOB_ID);
    if (!maintenance) return;
    const plain = openField(maintenance, deriveMaintenanceSealingKey(rootKeys(opened))) ?? Buffer.alloc(0);
    expect(textOf(encodeSchedule(decodeSchedule(plain)))).toBe(textOf(plain));
  });
});

describe('damaged formats', () => {
  test.each([
    ['flip-format-encrypted', 'INVALID_PASSWORD'],
    ['flip-format-json', 'FORMAT_CORRUPT'],
    ['missing-format', 'FORMAT_CORRUPT'],
    ['wrong-password', 'INVALID_PASSWORD'],
  ])('%s', async (name, code) => {
    const fixture = fixtures.find((candidate) => candidate.name === `corrupt/${name}`);
    if (!fixture) throw new Error(`no fixture corrupt/${name}`);
    const error: unknown = await openFormat(await storageOf(fixture), readExpected(fixture).password).catch(
      (reason: unknown) => reason,
    );
    expect(repositoryErrorCode(error)).toBe(code);
    expect(error).toMatchObject({ message: expect.stringContaining(FORMAT_BLOB_ID) });
  });
});

async function storageOf(fixture: Fixture): Promise<BlobStorage> {
  const storage = createMemoryStorage({ clock: systemClock });
  for (const id of BLOBS) {
    const bytes = readBlob(fixture, id);
    if (bytes) await storage.put(id, [bytes]);
  }
  return storage;
}

function readBlob(fixture: Fixture, id: BlobId): Uint8Array | undefined {
  const { packed, prefix } = readExpected(fixture);
  if (packed) return execFileSync('tar', ['-xOf', join(fixture.directory, packed), `repo/${id}.f`]);
  const candidates = [`repo/${id}.f`, `repo/${prefix ?? ''}${id}`];
  const path = candidates.map((name) => join(fixture.directory, name)).find(existsSync);
  return path === undefined ? undefined : readFileSync(path);
}

/** Some damaged fixtures say only that they open, not what their format is. */
function hasFormat(fixture: Fixture): boolean {
  const expected: { readonly format?: unknown } = readExpected(fixture);
  return expected.format !== null && expected.format !== undefined;
}
