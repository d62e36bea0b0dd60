/** How a stripe is made of shards. */
export interface StripeShape {
  readonly dataShards: number;
  readonly parityShards: number;
}

/** What the overhead percentage decides. Lengths are bytes; "input" is data with its length field, "stored" includes parity and
 *  checksums. */
export interface EccParameters extends StripeShape {
  readonly maxShardLength: number;
  /** Up to these lengths an input becomes one stripe of the small shape. */
  readonly smallInput: number;
  readonly smallStored: number;
  /** Up to these lengths an input becomes one stripe with shards as short as they can be. */
  readonly singleInput: number;
  readonly singleStored: number;
}

/** How one input is laid out. */
export interface StripeLayout extends StripeShape {
  readonly stripes: number;
  readonly shardLength: number;
  /** Whether data shards past the end of the input are stored. */
  readonly padded: boolean;
}

/** Bytes of the length field in front of the data. */
export const LENGTH_FIELD = 4;
/** Bytes of the checksum in front of every shard. */
export const CHECKSUM = 4;

const SMALL: StripeShape = { dataShards: 6, parityShards: 2 };

/** The parameters for an overhead of 1 to 100 percent. Source: kopia repo/ecc/ecc_rs_crc.go, ecc_utils.go. */
export function eccParameters(overheadPercent: number): EccParameters {
  const maxShardLength = maxShardLengthFor(overheadPercent);
  const { dataShards, parityShards } = shapeFor(overheadPercent, maxShardLength);
  const shards = dataShards + parityShards;
  const smallInput = 2 * CHECKSUM * shards;
  return {
    dataShards,
    parityShards,
    maxShardLength,
    smallInput,
    smallStored: 8 * (CHECKSUM + Math.ceil(smallInput / SMALL.dataShards)),
    singleInput: dataShards * maxShardLength,
    singleStored: shards * (CHECKSUM + maxShardLength),
  };
}

/** The layout of data of `length` bytes. */
export function layoutOfData(parameters: EccParameters, length: number): StripeLayout {
  const input = length + LENGTH_FIELD;
  if (input <= parameters.smallInput) return paddedLayout(SMALL, Math.ceil(input / SMALL.dataShards));
  if (input <= parameters.singleInput)
    return paddedLayout(parameters, Math.ceil(input / parameters.dataShards));
  return stripedLayout(parameters, Math.ceil(input / parameters.singleInput));
}

/** The layout that `length` stored bytes have. */
export function layoutOfStored(parameters: EccParameters, length: number): StripeLayout {
  if (length <= parameters.smallStored) return paddedLayout(SMALL, shardLengthOf(SMALL, length));
  if (length <= parameters.singleStored) return paddedLayout(parameters, shardLengthOf(parameters, length));
  return stripedLayout(parameters, Math.ceil(length / parameters.singleStored));
}

/** Stored bytes of data of `length` bytes in this layout. */
export function storedLength(layout: StripeLayout, length: number): number {
  const { stripes, shardLength, dataShards, parityShards, padded } = layout;
  const parity = stripes * parityShards * (CHECKSUM + shardLength);
  if (padded) return parity + dataShards * (CHECKSUM + shardLength);
  const input = length + LENGTH_FIELD;
  return parity + input + CHECKSUM * Math.ceil(input / shardLength);
}

function paddedLayout({ dataShards, parityShards }: StripeShape, shardLength: number): StripeLayout {
  return { stripes: 1, dataShards, parityShards, shardLength, padded: true };
}

function stripedLayout(parameters: EccParameters, stripes: number): StripeLayout {
  const { dataShards, parityShards, maxShardLength } = parameters;
  return { stripes, dataShards, parityShards, shardLength: maxShardLength, padded: false };
}

function shardLengthOf({ dataShards, parityShards }: StripeShape, stored: number): number {
  return Math.max(Math.ceil(stored / (dataShards + parityShards)), 1 + CHECKSUM) - CHECKSUM;
}

function maxShardLengthFor(overheadPercent: number): number {
  if (overheadPercent <= 3) return 2048 >> overheadPercent;
  return overheadPercent <= 6 ? 128 : 64;
}

/* What is left of the overhead after the checksums buys parity for 128 data shards; where that is only one, more data shards
 * share two. In 32-bit floats, as kopia computes it. */
function shapeFor(overheadPercent: number, maxShardLength: number): StripeShape {
  const single = Math.fround;
  const checksums = single((100 * CHECKSUM) / maxShardLength);
  const free = Math.max(single(overheadPercent - checksums), single(0.01));
  const parityShards = clamp(Math.floor(128 * single(free / 100)), 1, 128);
  if (parityShards > 1) return { dataShards: 128, parityShards };
  return { dataShards: clamp(Math.floor(2 * single(100 / free)), 128, 254), parityShards: 2 };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
