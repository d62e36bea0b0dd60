export { type Clock, systemClock } from './clock.ts';
export {
  type ErrorDetail,
  RepositoryError,
  type RepositoryErrorCode,
  repositoryErrorCode,
} from './errors.ts';
export { workerOptions, workerUrl } from './worker-entry.ts';
