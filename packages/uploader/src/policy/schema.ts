import type { Policy } from './policy.ts';

/** How a field looks in JSON and when it counts as set: an `optional` one whenever present, the others unless zero, false or empty. */
export type FieldKind =
  'optionalInteger' | 'optionalBoolean' | 'integer' | 'flag' | 'text' | 'texts' | 'times' | 'action';

/** How a field of a more general policy joins the more specific one's. */
export type MergeRule =
  /** The most specific one that is set. */
  | 'first'
  /** All together, up to and including a policy with the flag of the given name. */
  | { readonly unionUntil: string }
  /** Only that of the policy of the very source, and not even that where a policy without parent ended the search. */
  | 'own';

/** A field of a policy at its dotted path. */
export interface PolicyField {
  readonly kind: FieldKind;
  readonly merge: MergeRule;
}

/** A section in the order of its keys. */
export interface PolicySection {
  readonly [key: string]: FieldKind | PolicyField | PolicySection;
}

type SectionOf<T> = {
  readonly [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[] | string | number | boolean
    ? FieldKind | PolicyField
    : FieldKind | PolicyField | SectionOf<NonNullable<T[K]>>;
};

/** Section of the fields that kopia doesn't have: not written while empty. */
export const OWN_SECTION = 'holdfast';

const folderAction: PolicyField = { kind: 'action', merge: 'own' };

/** All fields in the order in which kopia writes them (its structs in snapshot/policy). The compiler checks that none is missing. */
export const POLICY_SCHEMA: SectionOf<Omit<Policy, 'unknown'>> & PolicySection = {
  retention: {
    keepLatest: 'optionalInteger',
    keepHourly: 'optionalInteger',
    keepDaily: 'optionalInteger',
    keepWeekly: 'optionalInteger',
    keepMonthly: 'optionalInteger',
    keepAnnual: 'optionalInteger',
    ignoreIdenticalSnapshots: 'optionalBoolean',
  },
  files: {
    ignore: 'texts',
    noParentIgnore: 'flag',
    ignoreDotFiles: 'texts',
    noParentDotFiles: 'flag',
    ignoreCacheDirs: 'optionalBoolean',
    maxFileSize: 'integer',
    oneFileSystem: 'optionalBoolean',
  },
  errorHandling: {
    ignoreFileErrors: 'optionalBoolean',
    ignoreDirectoryErrors: 'optionalBoolean',
    ignoreUnknownTypes: 'optionalBoolean',
  },
  scheduling: {
    intervalSeconds: 'integer',
    timeOfDay: { kind: 'times', merge: { unionUntil: 'scheduling.noParentTimeOfDay' } },
    noParentTimeOfDay: 'flag',
    manual: 'flag',
    cron: 'texts',
    runMissed: 'optionalBoolean',
  },
  compression: {
    compressorName: 'text',
    onlyCompress: { kind: 'texts', merge: { unionUntil: 'compression.noParentOnlyCompress' } },
    noParentOnlyCompress: 'flag',
    neverCompress: { kind: 'texts', merge: { unionUntil: 'compression.noParentNeverCompress' } },
    noParentNeverCompress: 'flag',
    minSize: 'integer',
    maxSize: 'integer',
  },
  metadataCompression: { compressorName: 'text' },
  splitter: { algorithm: 'text' },
  actions: {
    beforeFolder: folderAction,
    afterFolder: folderAction,
    beforeSnapshotRoot: 'action',
    afterSnapshotRoot: 'action',
  },
  osSnapshots: { volumeShadowCopy: { enable: 'optionalInteger' } },
  logging: {
    directories: { snapshotted: 'optionalInteger', ignored: 'optionalInteger' },
    entries: {
      snapshotted: 'optionalInteger',
      ignored: 'optionalInteger',
      cacheHit: 'optionalInteger',
      cacheMiss: 'optionalInteger',
    },
  },
  upload: {
    maxParallelSnapshots: 'optionalInteger',
    maxParallelFileReads: 'optionalInteger',
    parallelUploadAboveSize: 'optionalInteger',
  },
  noParent: 'flag',
  [OWN_SECTION]: { rereadChangedFiles: 'optionalBoolean' },
};

/** Every field by its dotted path (`retention.keepLatest`), in order. */
export const POLICY_FIELDS: ReadonlyMap<string, PolicyField> = new Map(listFields(POLICY_SCHEMA, ''));

/** Whether a node of the schema is a field rather than a section. */
export function isField(node: FieldKind | PolicyField | PolicySection): node is FieldKind | PolicyField {
  return typeof node === 'string' || typeof node['kind'] === 'string';
}

/** The kind of a field of the schema. */
export function kindOf(field: FieldKind | PolicyField): FieldKind {
  return typeof field === 'string' ? field : field.kind;
}

/** The dotted path of `key` in the section at `path`. */
export function joinPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function listFields(section: PolicySection, path: string): [string, PolicyField][] {
  return Object.entries(section).flatMap(([key, node]) => {
    const at = joinPath(path, key);
    if (!isField(node)) return listFields(node, at);
    return [[at, typeof node === 'string' ? { kind: node, merge: 'first' as const } : node]];
  });
}
