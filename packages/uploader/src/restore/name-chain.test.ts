import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameChain, ROOT } from './name-chain.ts';

test('every name comes back with its directory', () => {
  const byteName = fc
    .uint8Array({ minLength: 1, maxLength: 255 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
  const nodes = fc.array(fc.record({ name: byteName, parent: fc.nat() }), { maxLength: 200 });
  fc.assert(
    fc.property(nodes, (list) => {
      const chain = new NameChain();
      const put: { position: number; path: string[] }[] = [{ position: ROOT, path: [] }];
      for (const { name, parent } of list) {
        const above = put[parent % put.length] ?? { position: ROOT, path: [] };
        put.push({ position: chain.put(above.position, name) ?? -1, path: [...above.path, name] });
      }
      for (const { position, path } of put.slice(1))
        expect(chain.get(position)).toEqual({ directory: path.slice(0, -1).join('/'), name: path.at(-1) });
    }),
  );
});

test('names of more than one piece of memory come back', () => {
  const chain = new NameChain();
  const positions = Array.from(
    { length: 20_000 },
    (_, i) => chain.put(ROOT, `${i}`.padStart(100, 'x')) ?? -1,
  );
  for (const i of [0, 9_891, 9_892, 9_893, 19_999])
    expect(chain.get(positions[i] ?? -1)).toEqual({ directory: '', name: `${i}`.padStart(100, 'x') });
  expect(() => chain.get(2 ** 30)).toThrow(RangeError);
});
