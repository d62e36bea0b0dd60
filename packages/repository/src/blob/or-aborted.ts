/** What `request` gives, or the signal's reason when that comes first. For requests of SDKs that can't be called back: they are
 *  left alone. */
export async function orAborted<T>(request: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([request, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
