import { RepositoryError } from '../errors.ts';
import type { ErrorCorrection } from './ecc.ts';
import {
  type EccParameters,
  eccParameters,
  layoutOfData,
  layoutOfStored,
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
