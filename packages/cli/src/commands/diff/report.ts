import { formatTimeNs, type GoJson, type GoJsonObject } from '@holdfast/repository';
import type { DiffAttribute, DiffChange, DiffNode } from '@holdfast/uploader';
import { modeText } from '../../output/mode-text.ts';
import { timeText } from '../../output/times.ts';

/** A difference in kopia's words, on as many lines as it takes. Source: kopia internal/diff/diff.go. */
export function changeLines({ kind, path, before, after, attributes, isSameContent }: DiffChange): string[] {
  const shown = path === '' ? '.' : `./${path}`;
  const side = after ?? before;
  if (kind !== 'modified' || before === undefined || after === undefined)
    return [
      side?.type === 'd' ? `${kind} directory ${shown}` : `${kind} file ${shown} (${side?.size ?? 0} bytes)`,
    ];
  const lines = attributes.map((attribute) => {
    const [old, now] = [attributeText(before, attribute), attributeText(after, attribute)];
    return `${shown} ${NAMES[attribute]} differ: ${old} ${now}`;
  });
  if (after.type === 'd' || isSameContent) return lines;
  return [...lines, `changed ${shown} at ${timeText(after.mtimeNs)} (size ${before.size} -> ${after.size})`];
}

const NAMES: Readonly<Record<DiffAttribute, string>> = {
  mode: 'modes',
  size: 'sizes',
  mtimeNs: 'modification times',
  uid: 'owner users',
  gid: 'owner groups',
};

function attributeText(node: DiffNode, attribute: DiffAttribute): string {
  if (attribute === 'mode') return modeText(node.type, node.mode);
  return attribute === 'mtimeNs' ? formatTimeNs(node.mtimeNs) : String(node[attribute]);
}

/** A difference for programs. */
export function changeJson({
  kind,
  path,
  before,
  after,
  attributes,
  isSameContent,
}: DiffChange): GoJsonObject {
  return {
    change: kind,
    path,
    before: before && nodeJson(before),
    after: after && nodeJson(after),
    attributes: kind === 'modified' ? attributes.map((attribute) => JSON_NAMES[attribute]) : undefined,
    sameContent: kind === 'modified' ? isSameContent : undefined,
  };
}

const JSON_NAMES: Readonly<Record<DiffAttribute, string>> = {
  mode: 'mode',
  size: 'size',
  mtimeNs: 'mtime',
  uid: 'uid',
  gid: 'gid',
};

function nodeJson({ type, mode, size, mtimeNs, uid, gid, objectId }: DiffNode): GoJson {
  return {
    type,
    mode: `0${mode.toString(8)}`,
    size,
    mtime: formatTimeNs(mtimeNs),
    uid,
    gid,
    obj: objectId,
  };
}
