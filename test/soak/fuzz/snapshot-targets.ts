import { gunzipSync, gzipSync } from 'node:zlib';

import { parseContentId, parseGoJson, systemClock } from '@holdfast/repository';
import { decodePolicy, encodePolicy, encodeSnapshot } from '@holdfast/uploader';

import { ManifestStore } from '../../../packages/repository/src/manifest/store.ts';
import { IgnoreMatcher } from '../../../packages/uploader/src/ignore/matcher.ts';
import { ROOT_SCOPE, withIgnoreFile, withPolicy } from '../../../packages/uploader/src/ignore/scope.ts';
import { compressorChoice } from '../../../packages/uploader/src/policy/compression.ts';
import { encodeDirectory } from '../../../packages/uploader/src/snapshot/directory.ts';
import {
  decodeDirectory,
  DirectoryParser,
} from '../../../packages/uploader/src/snapshot/directory-parser.ts';
import type { DirectoryEntry } from '../../../packages/uploader/src/snapshot/entry.ts';
import { decodeSnapshot } from '../../../packages/uploader/src/snapshot/manifest.ts';
import { byteNameFromText } from '../../../packages/uploader/src/snapshot/names.ts';
import { EMPTY_TOTALS, summarize } from '../../../packages/uploader/src/snapshot/totals.ts';
import type { GoldenSeeds } from './golden-seeds.ts';
import { type FuzzTarget, malformedAsRefusal, reencoded, textOf, type Verdict } from './target.ts';

/** What is inside: manifests, snapshots, policies, directories with our additions, ignore files. */
export function snapshotTargets(golden: GoldenSeeds): readonly FuzzTarget[] {
  const lists = golden.manifestContents.map((stored) => gunzipSync(stored));
  return [
    {
      name: 'manifest content',
      seeds: golden.manifestContents,
      allowedBytes: 4 << 20,
      check: checkManifests,
    },
    {
      name: 'list of manifests',
      seeds: lists,
      allowedBytes: 8 << 20,
      check: async (input) => await checkManifests(gzipSync(input, { level: 1 })),
    },
    { name: 'directory object', seeds: [...golden.directories, OWN_DIRECTORY], check: checkDirectory },
    {
      name: 'snapshot',
      seeds: golden.payloads.get('snapshot') ?? [],
      check: malformedAsRefusal(
        reencoded(
          (input) => decodeSnapshot('id', parseGoJson(textOf(input))),
          (snapshot) => Buffer.from(encodeSnapshot(snapshot)),
        ),
      ),
    },
    policyTarget(golden.payloads.get('policy') ?? []),
    ignoreFileTarget(),
  ];
}

const NO_SUMMARY = summarize(EMPTY_TOTALS, { mtimeNs: 0n });

/** Every manifest that a store finds can be read, or is damaged; none makes the store fail otherwise. */
async function checkManifests(stored: Uint8Array): Promise<Verdict> {
  const id = parseContentId('m00112233445566778899aabbccddeeff');
  const store = await ManifestStore.open({
    contents: {
      listContents: () => [id],
      readContent: () => Promise.resolve(stored),
      writeContent: () => Promise.reject(new Error('nothing is written')),
      deleteContents: () => Promise.reject(new Error('nothing is deleted')),
    },
    clock: systemClock,
    random: (length) => new Uint8Array(length),
    cacheBytes: 1 << 20,
  });
  for (const manifest of store.find({})) await store.get(manifest.id);
  return undefined;
}

/** The same comes out whatever the pieces are, and what comes out can be written again. */
function checkDirectory(input: Uint8Array): Verdict {
  const { entries, summary, extra } = decodeDirectory(input);
  const parser = new DirectoryParser();
  const again: DirectoryEntry[] = [];
  for (let at = 0; at < input.length; at += 100) again.push(...parser.push(input.subarray(at, at + 100)));
  parser.end();
  const totals = summary ?? NO_SUMMARY;
  const [one, other] = [entries, again].map((list) => encodeDirectory(list, totals, extra));
  if (one === undefined || other === undefined || Buffer.compare(one, other) !== 0)
    return 'another directory came out of small pieces';
  return Buffer.compare(encodeDirectoryAgain(one), one) === 0 ? undefined : 'it is written in two ways';
}

function encodeDirectoryAgain(bytes: Uint8Array): Uint8Array {
  const { entries, summary, extra } = decodeDirectory(bytes);
  return encodeDirectory(entries, summary ?? NO_SUMMARY, extra);
}

function policyTarget(golden: readonly Uint8Array[]): FuzzTarget {
  const decode = reencoded(
    (input) => {
      const policy = decodePolicy(parseGoJson(textOf(input)));
      withPolicy(ROOT_SCOPE, policy);
      compressorChoice(policy)(byteNameFromText('file.txt'), 1000);
      return policy;
    },
    (policy) => Buffer.from(encodePolicy(policy)),
  );
  return { name: 'policy', seeds: [...golden, OWN_POLICY], check: malformedAsRefusal(decode) };
}

/** No rule takes long for a name. */
function ignoreFileTarget(): FuzzTarget {
  const seeds = ['*.log\n!keep.log\n/build/\n**/x[a-z]?\\*\n# why\na/**/b\n', '{', '[!a-]]*\n*a*b*c*d*e*f\n'];
  const names = ['keep.log', 'build', 'a'.repeat(200), '\u{1f4be}x', 'x'].map(byteNameFromText);
  return {
    name: 'ignore file',
    seeds: seeds.map((text) => Buffer.from(text)),
    // Patterns are lists of characters.
    allowedBytes: 64 << 20,
    check: (input) => {
      const matcher = new IgnoreMatcher(withIgnoreFile(ROOT_SCOPE, input));
      for (const name of names) matcher.isIgnored(name, true);
      return undefined;
    },
  };
}

const ATTRIBUTES = '"mode":"0644","size":3,"mtime":"2024-02-03T04:05:06.789Z","uid":1,"gid":2';
const EXTRA =
  '"holdfast":{"rawName":"/w==","hardLink":"1:2","xattrs":{"user.%ff":"AAEC"},"holes":[[0,10],[20,5]],"complete":true}';
const OWN_DIRECTORY = Buffer.from(
  `{"stream":"kopia:directory","entries":[{"name":"a","type":"f",${ATTRIBUTES},"obj":"00",${EXTRA}},` +
    `{"name":"d","type":"d",${ATTRIBUTES},"obj":"k00","summ":{"size":1,"files":2,"symlinks":0,"dirs":1,` +
    '"maxTime":"2024-02-03T04:05:06Z","incomplete":"why","numFailed":1,"errors":[{"path":"p","error":"e"}]}}],' +
    '"summary":{"size":43,"files":1,"symlinks":0,"dirs":1,"maxTime":"2024-02-03T04:05:06.789Z","numFailed":0},' +
    `"holdfast":{"specials":[{"name":"n",${ATTRIBUTES},"type":"char","device":{"major":1,"minor":3}}]}}`,
);
const OWN_POLICY = Buffer.from(
  '{"retention":{"keepLatest":5},"files":{"ignore":["*.tmp","!x"],"ignoreDotFiles":[".i"],"maxFileSize":9},' +
    '"scheduling":{"intervalSeconds":60,"timeOfDay":[{"hour":1,"min":2}],"cron":["* * * * *"]},' +
    '"compression":{"compressorName":"zstd","neverCompress":[".gz"],"minSize":1},"actions":{"beforeFolder":' +
    '{"path":"p","args":["a"],"timeout":5,"mode":"essential"}},"upload":{"maxParallelFileReads":2},"new":{"a":[1]}}',
);
