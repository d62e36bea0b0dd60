import { mkdirSync, symlinkSync } from 'node:fs';

import { at, makeFile, type Place } from './place.ts';

const SLASH = 47;
const BYTES = Array.from({ length: 255 }, (_, i) => i + 1)
  .filter((byte) => byte !== SLASH)
  .map((byte) => String.fromCharCode(byte));

/** Every byte a name may hold: alone, twice, in pairs, as files, directories and links; and names that look alike. */
export function makeNames(place: Place): void {
  for (const name of ['single', 'directories', 'links', 'pairs', 'within', 'alike', 'long'])
    mkdirSync(at(place, name));
  for (const byte of BYTES) {
    if (byte !== '.') {
      makeFile(place, `single/${byte}`);
      mkdirSync(at(place, `directories/${byte}`));
      makeFile(place, `directories/${byte}/${byte}${byte}${byte}`);
      symlinkSync(Buffer.from(byte, 'latin1'), at(place, `links/${byte}`));
    }
    makeFile(place, `within/a${byte}b`);
  }
  for (const pair of pairs(place.options.allPairs)) makeFile(place, `pairs/${pair}`, '');
  for (const name of ALIKE) makeFile(place, `alike/${name}`);
  makeFile(place, `long/${'\xff'.repeat(255)}`);
  makeFile(place, `long/${'\xc3\xa9'.repeat(127)}\xff`);
  makeFile(place, `long/${'"'.repeat(255)}`);
}

function* pairs(all: boolean): Generator<string> {
  for (const first of BYTES)
    for (const second of all ? BYTES : ['\x01', '"', '\\', '\x80', '\xff'])
      if (first + second !== '..') yield first + second;
}

/** Names that look the same to who shows what isn't UTF-8 as U+FFFD, or normalizes, or ends strings early; beginnings of
 *  sequences, surrogates, overlong forms, and what a stand-in for another name looks like. */
const ALIKE: readonly string[] = [
  '\xff',
  '\xfe',
  '\xff\xff',
  '\xef\xbf\xbd',
  '\xef\xbf\xbd~ff',
  '\xef\xbf\xbd~fe',
  '\xef\xbf\xbd\xff',
  '\xff\xef\xbf\xbd',
  '\xc3\xa9',
  'e\xcc\x81',
  '\xe9',
  '\xed\xa0\x80',
  '\xed\xb0\x80',
  '\xc0\x80',
  '\xc0\xaf',
  '\xf4\x90\x80\x80',
  '\xf0\x9f\x98\x80',
  '\xf0\x9f\x98',
  '\xef\xbb\xbfbom',
  'bom',
  '\xe2\x80\xa8',
  '\xe2\x80\xae',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '  ',
  '. ',
  '...',
  '-rf',
  '*',
  '%2f',
  '\\u002f',
  '\\',
  'A',
  'a',
  'con',
  'CON',
  '__proto__',
  'constructor',
];
