/** What a storage is opened for. `create`: its place is made when missing. `read-only`: nothing is written, not even on
 *  opening, and changing it throws STORAGE_READ_ONLY. */
export type StorageAccess = 'create' | 'read-write' | 'read-only';
