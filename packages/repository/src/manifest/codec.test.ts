import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseTimeNs, stringifyGo } from '../format/go-json.ts';
import { decodeVersions, encodeVersion, packEntries, unpackContent } from './codec.ts';
import { textAt } from './json-spans.ts';
import { parseManifestId } from './manifest-id.ts';

/** From a new repository of kopia, shortened; the last entry is one of kopia's deletions. */
const KOPIA_CONTENT =
  '{"entries":[{"id":"24f025ba17671c17530df47aeacf6b6e","labels":{"type":"maintenance"},"modified":"2026-11-23T21:12:08.930315092Z","data":{"owner":"root@vm","quick":{"enabled":true,"interval":3600000000000},"extendObjectLocks":false}},' +
  '{"id":"783429160779ab381d3317bbda56bfd1","labels":{"policyType":"global","type":"policy"},"modified":"2026-11-23T21:12:08.930220131Z","data":{"retention":{"keepLatest":10},"splitter":{}}},' +
  '{"id":"38d7bde30a7a510ebfe96da39c9571b3","labels":null,"modified":"2026-11-23T21:13:00Z","deleted":true,"data":null}]}\n';

const ID = parseManifestId('00112233445566778899aabbccddeeff');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('a content of kopia', () => {
  test('is read', () => {
    const json = Buffer.from(KOPIA_CONTENT);
    const versions = decodeVersions(json);
    expect(versions.map(({ id, labels, deleted }) => [id, labels, deleted])).toEqual([
      ['24f025ba17671c17530df47aeacf6b6e', { type: 'maintenance' }, false],
      ['783429160779ab381d3317bbda56bfd1', { policyType: 'global', type: 'policy' }, false],
      ['38d7bde30a7a510ebfe96da39c9571b3', {}, true],
    ]);
    expect(versions[0]?.modifiedNs).toBe(parseTimeNs('2026-11-23T21:12:08.930315092Z'));
    expect(versions.map(({ payload }) => textAt(json, payload))[1]).toBe(
      '{"retention":{"keepLatest":10},"splitter":{}}',
    );
  });

  test('is written as kopia writes it', async () => {
    const json = Buffer.from(KOPIA_CONTENT);
    const entries = decodeVersions(json).map((version) =>
      encodeVersion(version, textAt(json, version.payload)),
    );
    expect(textOf(gunzipSync(await packEntries(entries)))).toBe(KOPIA_CONTENT);
  });
});

test('versions survive', async () => {
  const version = fc.record(
    {
      id: fc.constant(ID),
      labels: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
      modifiedNs: fc.bigInt(0n, 2n ** 62n),
      deleted: fc.constant(false),
      payload: fc.jsonValue().map((value) => stringifyGo(JSON.parse(JSON.stringify(value)))),
    },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(version), async (versions) => {
      const packed = await packEntries(versions.map((each) => encodeVersion(each, each.payload)));
      const json = await unpackContent(packed);
      const read = decodeVersions(json).map((each) => ({
        id: each.id,
        labels: each.labels,
        modifiedNs: each.modifiedNs,
        deleted: each.deleted,
        payload: textAt(json, each.payload),
      }));
      expect(read).toStrictEqual(versions);
    }),
    { numRuns: 50 },
  );
});

test('label keys are in the order of their bytes', () => {
  const labels = { '\u{1f600}': '3', '\uffff': '2', a: '1' };
  const text = textOf(encodeVersion({ id: ID, labels, modifiedNs: 0n, deleted: false }, '{}'));
  expect(text).toContain('"labels":{"a":"1","\uffff":"2","\u{1f600}":"3"}');
});

test('equal labels are one object in memory', () => {
  const entry = `{"id":"${ID}","labels":{"type":"snapshot"},"modified":"2024-01-01T00:00:00Z","data":{}}`;
  const [first, second] = decodeVersions(Buffer.from(`{"entries":[${entry},${entry}]}`));
  expect(first?.labels).toBe(second?.labels);
});

test('null and missing lists are empty, unknown members are passed over', () => {
  for (const text of ['{}', '{"entries":null}', '{"entries":[ ],"more":[1]}'])
    expect(decodeVersions(Buffer.from(text))).toEqual([]);
});

test.each([
  '[]',
  '{"entries":[1]}',
  '{"entries":[{}]}',
  `{"entries":[{"id":"x","labels":{},"modified":"2024-01-01T00:00:00Z","data":{}}]}`,
  `{"entries":[{"id":"${ID}","labels":{"a":1},"modified":"2024-01-01T00:00:00Z","data":{}}]}`,
  `{"entries":[{"id":"${ID}","labels":{},"modified":"yesterday","data":{}}]}`,
  `{"entries":[{"id":"${ID}","labels":{},"modified":"2024-01-01T00:00:00Z"}]}`,
])('%s is refused', (text) => {
  expect(() => decodeVersions(Buffer.from(text))).toThrow();
});

test('a failing source of entries fails the packing', async () => {
  const failing = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{}');
    throw new Error('gone');
  })();
  await expect(packEntries(failing)).rejects.toThrow('gone');
});

test('damaged packing is noticed', async () => {
  const packed = gzipSync(KOPIA_CONTENT);
  await expect(unpackContent(packed.subarray(0, -9))).rejects.toThrow();
});
