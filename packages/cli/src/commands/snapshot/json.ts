import { type GoJsonObject, parseGoJson } from '@holdfast/repository';
import { encodeSnapshot, type SnapshotManifest } from '@holdfast/uploader';

/** A snapshot as kopia's command line prints it: its manifest with its ID. */
export function snapshotJson(snapshot: SnapshotManifest): GoJsonObject {
  return { ...Object(parseGoJson(encodeSnapshot(snapshot))), id: snapshot.id };
}
