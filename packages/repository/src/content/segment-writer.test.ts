import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ContentRecords } from './content-records.ts';
import type { Handoff } from './handoff.ts';
import { SegmentWriter } from './segment-writer.ts';
import { SEGMENT_BYTES, SegmentPool } from './segments.ts';

interface Rig {
  readonly pool: SegmentPool;
  readonly handoffs: Handoff[];
  readonly writer: SegmentWriter;
}

function createRig(segments = 16): Rig {
  const pool = SegmentPool.create(segments * SEGMENT_BYTES);
  const handoffs: Handoff[] = [];
  const acquire = (): number => pool.tryAcquire() ?? expect.fail('the pool is empty');
  return { pool, handoffs, writer: new SegmentWriter('p', pool, acquire, (one) => void handoffs.push(one)) };
}

/** Writes a content of `length` bytes, each `fill`, in pieces, each second one straight into the writer's memory. */
function writeContent(writer: SegmentWriter, length: number, fill: number): void {
  const offset = writer.length;
  for (let done = 0, i = 0; done < length; i++) {
    const piece = Math.min(PIECE, length - done);
    done += i % 2 === 0 ? writePiece(writer, piece, fill) : fillRoom(writer, piece, fill);
  }
  const key = new Uint8Array(17).fill(fill);
  const lengths = { packedLength: length, originalLength: length };
  writer.finish({
    key,
    offset,
    ...lengths,
    compressionHeaderId: 0,
    afterTimestampSeconds: 0,
    deleted: false,
  });
}

const PIECE = 300_000;

function writePiece(writer: SegmentWriter, length: number, fill: number): number {
  writer.write(new Uint8Array(length).fill(fill));
  return length;
}

function fillRoom(writer: SegmentWriter, most: number, fill: number): number {
  const room = writer.room().subarray(0, most).fill(fill);
  writer.advance(room.length);
  return room.length;
}

function bytesOf(pool: SegmentPool, handoff: Handoff): Uint8Array {
  return Buffer.concat(handoff.segments.map(({ index, used }) => pool.bytes(index).subarray(0, used)));
}

describe('a segment writer', () => {
  test('hands over every content whole, where its record says', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3_000_000 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(lengths, (wanted) => {
        const { pool, handoffs, writer } = createRig();
        for (const [i, length] of wanted.entries()) writeContent(writer, length, i + 1);
        writer.flush();
        const found = handoffs.flatMap((handoff) => {
          const bytes = bytesOf(pool, handoff);
          const records = ContentRecords.fromBytes(handoff.records);
          return Array.from({ length: records.count }, (_, i) => {
            const { offset, packedLength, key } = records.get(i);
            const content = bytes.subarray(offset, offset + packedLength);
            expect(content.every((byte) => byte === key[0])).toBe(true);
            return content.length;
          });
        });
        expect(found).toEqual(wanted);
      }),
      { numRuns: 20 },
    );
  });

  test('waits for a full segment before it hands over', () => {
    const { handoffs, writer } = createRig();
    writeContent(writer, 500_000, 1);
    expect(handoffs).toHaveLength(0);
    writeContent(writer, 600_000, 2);
    expect(handoffs).toHaveLength(1);
    expect(writer.length).toBe(0);
  });

  test('hands over nothing when it holds nothing', () => {
    const { handoffs, writer } = createRig();
    writer.flush();
    writeContent(writer, 10, 1);
    writer.flush();
    writer.flush();
    expect(handoffs).toHaveLength(1);
  });

  test('never writes into what it has handed over', () => {
    const { pool, handoffs, writer } = createRig();
    writeContent(writer, 10, 1);
    writer.flush();
    const [handoff] = handoffs;
    const before = handoff && Buffer.from(bytesOf(pool, handoff));
    writeContent(writer, 2_000_000, 2);
    expect(handoff && Buffer.compare(bytesOf(pool, handoff), before ?? Buffer.alloc(0))).toBe(0);
  });
});
