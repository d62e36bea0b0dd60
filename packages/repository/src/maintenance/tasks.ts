/** Names under which runs are recorded in kopia.maintenance. kopia reads them: its two-cycle rule looks at `snapshot-gc`.
 *  Source: kopia repo/maintenance/maintenance_run.go. */
export const MAINTENANCE_TASKS = [
  'snapshot-gc',
  'quick-rewrite-contents',
  'full-rewrite-contents',
  'full-drop-deleted-content',
  'quick-delete-blobs',
  'full-delete-blobs',
  'index-compaction',
  'extend-blob-retention-time',
  'compact-single-epoch',
  'advance-epoch',
  'generate-epoch-range-index',
  'cleanup-epoch-markers',
  'delete-superseded-epoch-indexes',
  'cleanup-logs',
] as const;

/** One task of maintenance. */
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

/** How much is done. */
export type MaintenanceMode = 'quick' | 'full';
