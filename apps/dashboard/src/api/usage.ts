import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ask } from './client.js';

export interface Count {
  readonly used: number;
  /** null for unlimited. */
  readonly limit: number | null;
}

export interface Usage {
  readonly minute: Count;
  readonly month: Count & { readonly resets_at: string };
  readonly lifetime: Count;
  readonly per_ttl: readonly (Count & { readonly ttl: string })[];
}

export interface Certificate {
  readonly serial: string;
  readonly fingerprint: string;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly cert_pem: string;
}

export function useUsage() {
  return useQuery({ queryKey: ['usage'], queryFn: () => ask<Usage>('GET', '/v1/usage') });
}

interface Page {
  readonly certificates: readonly Certificate[];
  readonly next_page_token: string | null;
}

const pageSize = 50;

/** @param validOnly leaves out what has expired */
export function useCertificates(validOnly: boolean) {
  return useInfiniteQuery({
    queryKey: ['certificates', validOnly],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ limit: String(pageSize) });
      if (validOnly) query.set('expires_from', new Date().toISOString());
      if (pageParam !== '') query.set('page_token', pageParam);
      return ask<Page>('GET', `/v1/certificates?${query}`);
    },
    getNextPageParam: (last) => last.next_page_token,
  });
}
