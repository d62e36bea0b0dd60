import { RepositoryError } from '../errors.ts';
import type { ErrorCorrection, StoredBytes } from './ecc.ts';
import {
  CHECKSUM,
  type EccParameters,
  eccParameters,
  layoutOfData,
  layoutOfStored,
  LENGTH_FIELD,
  storedLength,
  type StripeLayout,
} from './parameters.ts';
import { createTransform, type ShardTransform } from './reed-solomon.ts';
import { ShardFile } from './shard-file.ts';

/** Reed-Solomon shards with checksums, for an overhead of 1 to 100 percent; one instance a thread.
 *  Source: kopia repo/ecc/ecc_rs_crc.go. */
export function reedSolomonCrc32(overheadPercent: number): ErrorCorrection {
  const parameters = eccParameters(overheadPercent);
  const encoders = new Map<number, ShardTransform>();
  const encoderFor = (layout: StripeLayout): ShardTransform => {
    const encoder =
      encoders.get(layout.dataShards) ?? createTransform(dataShards(layout), parityShards(layout));
    encoders.set(layout.dataShards, encoder);
    return encoder;
  };
  return {
    encodedLength: (length) => storedLength(layoutOfData(parameters, length), length),
    encode: (data) => {
      const layout = layoutOfData(parameters, data.length);
      return encode(layout, encoderFor(layout), data);
    },
    decode: (stored) => decode(parameters, stored),
    decodePieces: (stored, pieceBytes) => decodePieces(parameters, stored, pieceBytes),
  };
}

function encode(layout: StripeLayout, encoder: ShardTransform, data: Uint8Array): Uint8Array {
  const length = storedLength(layout, data.length);
  const file = new ShardFile(layout);
  file.putData(data);
  for (let stripe = 0; stripe < layout.stripes; stripe++) {
    const sourceAt = file.shardsAt(stripe, dataShards(layout));
    const targetAt = file.shardsAt(stripe, parityShards(layout));
    encoder.apply(file.bytes, sourceAt, file.bytes, targetAt, layout.shardLength);
    for (const at of targetAt) file.seal(at);
    for (const at of sourceAt) if (at < length) file.seal(at);
  }
  return file.bytes.subarray(0, length);
}

function decode(parameters: EccParameters, stored: Uint8Array): Uint8Array {
  const layout = layoutOfStored(parameters, stored.length);
  const file = new ShardFile(layout, stored);
  const data = takeRepaired(layout, file, stored.length);
  const wholeLength = storedLength(layout, data.length);
  // Shards that were cut off look like those that were never stored, until the length field is known.
  return wholeLength > stored.length ? takeRepaired(layout, file, wholeLength) : data;
}

/* The data once all stripes are repaired; what lies behind `length` was never stored. */
function takeRepaired(layout: StripeLayout, file: ShardFile, length: number): Uint8Array {
  for (let stripe = 0; stripe < layout.stripes; stripe++) repair(layout, file, stripe, length);
  const data = file.takeData();
  if (data === undefined) throw unrepairable('its length field is wrong', length);
  return data;
}

/* As `decode`, a few stripes at a time: their parity is at the start, their data behind the parity of all. */
async function* decodePieces(
  parameters: EccParameters,
  stored: StoredBytes,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const layout = layoutOfStored(parameters, stored.length);
  if (layout.stripes === 1) return yield decode(parameters, await stored.read(0, stored.length));
  const stripesAtOnce = Math.max(1, Math.floor(pieceBytes / parameters.singleStored));
  let length: number | undefined;
  let at = -LENGTH_FIELD;
  for (let first = 0; first < layout.stripes; first += stripesAtOnce) {
    const stripes = Math.min(stripesAtOnce, layout.stripes - first);
    const part = await readStripes(layout, stored, first, stripes);
    length ??= dataLength(part, layout, stored.length);
    const end = Math.max(stored.length, storedLength(layout, length)) - part.skipped;
    for (let stripe = 0; stripe < stripes; stripe++) repair(part.layout, part.file, stripe, end);
    const shards = part.file.takeShards();
    yield shards.subarray(Math.max(0, -at), Math.max(0, length - at));
    at += shards.length;
  }
}

/* Some stripes as a file of their own; `skipped` is how far its data shards lie before their place in the whole. */
interface StripePart {
  readonly layout: StripeLayout;
  readonly file: ShardFile;
  readonly skipped: number;
}

async function readStripes(
  layout: StripeLayout,
  stored: StoredBytes,
  first: number,
  stripes: number,
): Promise<StripePart> {
  const pitch = CHECKSUM + layout.shardLength;
  const [parityPitch, dataPitch] = [layout.parityShards * pitch, layout.dataShards * pitch];
  const dataAt = layout.stripes * parityPitch + first * dataPitch;
  const dataBytes = Math.max(0, Math.min(stripes * dataPitch, stored.length - dataAt));
  const parity = await stored.read(first * parityPitch, stripes * parityPitch);
  const data = dataBytes === 0 ? new Uint8Array() : await stored.read(dataAt, dataBytes);
  const part = { ...layout, stripes };
  const file = new ShardFile(part, Buffer.concat([parity, data]));
  return { layout: part, file, skipped: dataAt - stripes * parityPitch };
}

/* What the length field, which is in the first shards, says. */
function dataLength(
  { layout: part, file, skipped }: StripePart,
  whole: StripeLayout,
  length: number,
): number {
  repair(part, file, 0, length - skipped);
  const shards = file.takeShards();
  const data = new DataView(shards.buffer, shards.byteOffset).getUint32(0);
  if (LENGTH_FIELD + data > whole.stripes * whole.dataShards * whole.shardLength)
    throw unrepairable('its length field is wrong', length);
  return data;
}

/* Recomputes the damaged data shards of a stripe from any of its others. Damaged parity does no harm. */
function repair(layout: StripeLayout, file: ShardFile, stripe: number, length: number): void {
  // Zeros that a striped layout left out have no checksum.
  const isKnown = (shard: number): boolean => {
    const at = file.shardAt(stripe, shard);
    return file.isIntact(at) || (!layout.padded && at >= length);
  };
  const damaged = dataShards(layout).filter((shard) => !isKnown(shard));
  if (damaged.length === 0) return;
  const intact = [...dataShards(layout), ...parityShards(layout)].filter(isKnown).slice(0, layout.dataShards);
  if (intact.length < layout.dataShards)
    throw unrepairable(`${damaged.length} shards of stripe ${stripe} are damaged`, length);
  createTransform(intact, damaged).apply(
    file.bytes,
    file.shardsAt(stripe, intact),
    file.bytes,
    file.shardsAt(stripe, damaged),
    layout.shardLength,
  );
}

function dataShards(layout: StripeLayout): readonly number[] {
  return range(0, layout.dataShards);
}

function parityShards(layout: StripeLayout): readonly number[] {
  return range(layout.dataShards, layout.parityShards);
}

function range(from: number, length: number): readonly number[] {
  return Array.from({ length }, (_, i) => from + i);
}

function unrepairable(reason: string, length: number): RepositoryError {
  return new RepositoryError(
    'ECC_UNREPAIRABLE',
    `stored data has more damage than its error correction can repair: ${reason}; restore the blob from another copy`,
    { length },
  );
}
