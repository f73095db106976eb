import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from './client.js';

export type Mode = 'sign_leaf' | 'cross_sign';

export interface Credential {
  readonly credential_id: string;
  readonly label: string;
  readonly status: 'active' | 'expired' | 'revoked';
  readonly signing_certs: readonly {
    readonly cert_id: string;
    readonly label: string;
    readonly modes: readonly Mode[];
  }[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface NewCredential {
  readonly label: string;
  readonly modes: readonly Mode[];
  readonly expires_at?: string;
  readonly max_ttl?: string;
}

export type IssuedCredential = Credential & { readonly cert_id: string; readonly bearer: string };

interface Page {
  readonly credentials: readonly Credential[];
  readonly next_page_token: string | null;
}

const key = ['credentials'];

export function useCredentials() {
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask<Page>(
        'GET',
        `/v1/credentials${pageParam === '' ? '' : `?page_token=${encodeURIComponent(pageParam)}`}`,
      ),
    getNextPageParam: (last) => last.next_page_token,
  });
}

/** As with the bearer, no cache has the secret. */
export function useIssueCredential() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: NewCredential) => ask<IssuedCredential>('POST', '/v1/credentials', wish),
    gcTime: 0,
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}

export function useRevokeCredential() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask<Credential>('DELETE', `/v1/credentials/${id}`),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}
