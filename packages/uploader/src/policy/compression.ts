import { type ByteName, byteNameFromText } from '../snapshot/names.ts';
import type { Policy } from './policy.ts';

/** The compressor for a file of this name and size; undefined for none. */
export type CompressorChoice = (name: ByteName, size: number) => string | undefined;

/** How this policy chooses the compressor of files. An extension in `onlyCompress` wins over one in `neverCompress`, but others are
 *  compressed too. Source: kopia snapshot/policy/compression_policy.go. */
export function compressorChoice({ compression }: Policy): CompressorChoice {
  const compressor = compressorName(compression.compressorName);
  if (compressor === undefined) return () => undefined;
  const { minSize = 0, maxSize = 0, onlyCompress = [], neverCompress = [] } = compression;
  const only = new Set(onlyCompress);
  const never = new Set(neverCompress.filter((extension) => !only.has(extension)).map(byteNameFromText));
  return (name, size) => {
    if (size < minSize || (maxSize > 0 && size > maxSize)) return undefined;
    return never.size > 0 && never.has(extensionOf(name)) ? undefined : compressor;
  };
}

/** The compressor for directories and lists of chunks; undefined for none. */
export function metadataCompressor({ metadataCompression }: Policy): string | undefined {
  return compressorName(metadataCompression.compressorName);
}

/** What follows the last dot, with the dot, as Go's filepath.Ext has it. */
function extensionOf(name: ByteName): ByteName {
  const dot = name.lastIndexOf('.');
  // A part of a byte string is one.
  return (dot === -1 ? '' : name.slice(dot)) as ByteName;
}

function compressorName(name: string | undefined): string | undefined {
  return name === undefined || name === '' || name === 'none' ? undefined : name;
}
