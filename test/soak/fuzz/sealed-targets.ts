import { randomBytes } from 'node:crypto';

import {
  type BlobId,
  type ContentCrypto,
  type ContentFormat,
  createContentCrypto,
  decodeContent,
  openSealedBlob,
} from '@holdfast/repository';

import { contentIv } from '../../../packages/repository/src/content/content-format.ts';
import {
  decodeMaintenanceBlob,
  EMPTY_SCHEDULE,
  encodeMaintenanceBlob,
  encodeSchedule,
} from '../../../packages/repository/src/format/maintenance-blob.ts';
import { openField, sealField } from '../../../packages/repository/src/format/sealed-field.ts';
import { seal, sealBlob } from '../../../packages/repository/src/sealed/sealed-blob.ts';
import { type FuzzTarget, onlyUnchanged } from './target.ts';

const PLAINS: readonly Uint8Array[] = [0, 1, 100, 5000].map((length) => randomBytes(length));

/** Everything that is authenticated: whatever is changed must be refused. */
export async function sealedTargets(): Promise<readonly FuzzTarget[]> {
  const targets: FuzzTarget[] = [fieldTarget(), maintenanceTarget()];
  for (const encryption of ['AES256-GCM-HMAC-SHA256', 'CHACHA20-POLY1305-HMAC-SHA256'])
    for (const eccOverheadPercent of [0, 10]) {
      const crypto = await cryptoOf({ encryption, eccOverheadPercent });
      const name = `${encryption.split('-')[0] ?? ''}${crypto.ecc === undefined ? '' : ' with correction'}`;
      targets.push(contentTarget(name, crypto), blobTarget(name, crypto));
    }
  return targets;
}

/** The algorithms of a format with keys of its own. */
export async function cryptoOf(
  format: Pick<ContentFormat, 'encryption' | 'eccOverheadPercent'>,
): Promise<ContentCrypto> {
  return await createContentCrypto({
    ...format,
    ecc: format.eccOverheadPercent === 0 ? '' : 'REED-SOLOMON-CRC32',
    hash: 'HMAC-SHA256-128',
    secret: randomBytes(32),
    masterKey: randomBytes(32),
    formatVersion: 3,
    indexVersion: 2,
    maxPackSize: 20 << 20,
    splitter: 'FIXED',
  });
}

function contentTarget(name: string, crypto: ContentCrypto): FuzzTarget {
  const forms = new Map<Uint8Array, Parameters<typeof decodeContent>[1]>(
    PLAINS.map((plain) => {
      const hash = new Uint8Array(16);
      crypto.hasher.hash(plain, hash);
      const form = { key: Buffer.concat([Buffer.alloc(1), hash]), originalLength: plain.length };
      return [new Uint8Array(seal(plain, contentIv(hash), crypto)), { ...form, compressionHeaderId: 0 }];
    }),
  );
  return {
    name: `content ${name}`,
    seeds: [...forms.keys()],
    check: (input, seed) => {
      const form = forms.get(seed);
      if (form === undefined) return 'a seed without its index entry';
      const same = onlyUnchanged((bytes) => decodeContent(crypto, form, bytes));
      return same(input, seed);
    },
  };
}

function blobTarget(name: string, crypto: ContentCrypto): FuzzTarget {
  const blobs = new Map<Uint8Array, BlobId>(
    PLAINS.map((plain) => sealBlob('n', plain, 's1', crypto)).map(({ id, bytes }) => [
      new Uint8Array(bytes),
      id,
    ]),
  );
  return {
    name: `sealed blob ${name}`,
    seeds: [...blobs.keys()],
    check: (input, seed) => {
      const id = blobs.get(seed);
      if (id === undefined) return 'a seed without its name';
      const same = onlyUnchanged((bytes) => openSealedBlob(id, bytes, crypto));
      return same(input, seed);
    },
  };
}

function fieldTarget(): FuzzTarget {
  const key = { key: randomBytes(32), aad: randomBytes(32) };
  const seeds = PLAINS.map((plain) => sealField(plain, key));
  return { name: 'sealed field', seeds, check: onlyUnchanged((input) => openField(input, key)) };
}

function maintenanceTarget(): FuzzTarget {
  const [formatKey, masterKey, secret, uniqueId] = [0, 1, 2, 3].map(() => randomBytes(32));
  const empty = new Uint8Array();
  const keys = {
    formatKey: formatKey ?? empty,
    masterKey: masterKey ?? empty,
    secret: secret ?? empty,
    uniqueId: uniqueId ?? empty,
    enablePasswordChange: true,
  };
  const seeds = [EMPTY_SCHEDULE, { ...EMPTY_SCHEDULE, nextFullNs: 10n ** 18n }].map((schedule) =>
    encodeMaintenanceBlob(schedule, keys),
  );
  const open = (input: Uint8Array): Uint8Array => encodeSchedule(decodeMaintenanceBlob(input, keys));
  return { name: 'maintenance blob', seeds, check: onlyUnchanged(open) };
}
