/** What was asked of a service across the network. */
export interface ServiceAttempt {
  readonly verb: 'open' | 'read' | 'look up' | 'list' | 'write' | 'lock' | 'delete';
  /** Blob concerned, where there is one. */
  readonly blob?: string;
  /** `bucket b at https://host`. */
  readonly place: string;
}

/** `read blob p1 of bucket b`. */
export function actionOf({ verb, blob, place }: ServiceAttempt): string {
  return blob === undefined ? `${verb} ${place}` : `${verb} blob ${blob} in ${place}`;
}
