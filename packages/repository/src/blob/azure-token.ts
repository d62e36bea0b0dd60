import type { ClientSecretCredentialOptions, TokenCredential } from '@azure/identity';
import { RepositoryError } from '../errors.ts';
import type { StorageEnvironment } from './environment.ts';
import { orAborted } from './or-aborted.ts';
import { withStallLimit } from './stall-limit.ts';
import { tokenRefusal, unanswered } from './token-service.ts';

/** What every kind of credential takes. */
export type TokenOptions = Pick<ClientSecretCredentialOptions, 'retryOptions' | 'additionalPolicies'>;

type Policy = NonNullable<TokenOptions['additionalPolicies']>[number]['policy'];

/** What came of a request for a token. */
type Outcome = { readonly source: string } & ({ readonly status: number } | { readonly error: unknown });

/** The credential that `make` makes, without attempts of its own: it throws STORAGE_FAILED, which is tried again, where the network
 *  or the token service fails for a while, STORAGE_DENIED where that service refuses. What fails before it is asked comes as it
 *  is. Who asks has to keep the token. */
export function withTokenErrors(
  make: (options: TokenOptions) => TokenCredential,
  environment: StorageEnvironment,
): TokenCredential {
  return {
    getToken: async (scopes, options) => {
      let last: Outcome | undefined;
      const policy = watchOutcomes((outcome) => {
        last = outcome;
      });
      // Made anew each time: the libraries remember a failure for a minute, in which they don't ask again.
      const credential = make({
        retryOptions: { maxRetries: 0 },
        additionalPolicies: [{ policy, position: 'perRetry' }],
      });
      try {
        // The libraries pass on no signal. Several requests may wait for one token: none of them may call it off.
        return await withStallLimit(environment, undefined, ({ signal }) =>
          orAborted(credential.getToken(scopes, options), signal),
        );
      } catch (error) {
        throw tokenError(error, last);
      }
    },
  };
}

/** The libraries above say of a failure no more than that there was one. */
function watchOutcomes(tell: (outcome: Outcome) => void): Policy {
  return {
    name: 'watchOutcomes',
    async sendRequest(request, next) {
      const source = `the token service ${new URL(request.url).host}`;
      try {
        const response = await next(request);
        tell({ source, status: response.status });
        return response;
      } catch (error) {
        tell({ source, error });
        throw error;
      }
    },
  };
}

/** `error` as it is unless a request came to nothing. */
function tokenError(error: unknown, last: Outcome | undefined): unknown {
  if (last === undefined || error instanceof RepositoryError) return error;
  if ('error' in last) return unanswered(last.error, last.source);
  if (last.status < 400) return error;
  // All else that the libraries say is about themselves.
  const message = error instanceof Error ? (/AADSTS\d+: [^\r\n]*/.exec(error.message)?.[0] ?? '') : '';
  return tokenRefusal({ status: last.status, name: '', message }, last.source);
}
