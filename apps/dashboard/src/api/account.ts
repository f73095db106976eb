import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, ask } from './client.js';

export type Tier = 'free' | 'dev';

export interface Account {
  readonly id: string;
  readonly handle: string;
  readonly tier: Tier;
  readonly wanted_tier: Tier;
  readonly status: 'provisioning' | 'active' | 'suspended';
  readonly ceremony_step: string | null;
  readonly bearer_claimed_at: string | null;
  readonly mint_url: string;
  readonly pki_url: string;
}

export interface Who {
  readonly person: { readonly email: string; readonly name: string | null; readonly issuer: string };
  readonly account: Account | null;
}

export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

const accountKey = ['account'];
/** How often a CA under way is asked about, in milliseconds. */
const provisioningPollMs = 500;

/** Who is signed in; null for nobody. */
export function useWho() {
  return useQuery({
    queryKey: accountKey,
    queryFn: async (): Promise<Who | null> => {
      try {
        return await ask<Who>('GET', '/v1/account');
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) =>
      state.data?.account?.status === 'provisioning' ? provisioningPollMs : false,
  });
}

export function useProviders() {
  return useQuery({
    queryKey: ['providers'],
    queryFn: async () => (await ask<{ providers: Provider[] }>('GET', '/v1/sign-in')).providers,
  });
}

export function useSignUp() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: { handle: string; tier: Tier }) => ask<Account>('POST', '/v1/signup', wish),
    onSuccess: () => refreshAccount(queries),
  });
}

/** The bearer is in nobody's cache: only the page that shows it has it, and only while it is open. */
export function useClaimBearer() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask<{ handle: string; bearer: string }>('POST', '/v1/bearer/claim'),
    gcTime: 0,
    onSettled: () => refreshAccount(queries),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => ask<unknown>('POST', '/v1/sign-out'),
    onSettled: () => queries.resetQueries(),
  });
}

export function useAnswerDevice() {
  return useMutation({
    mutationFn: (answer: { user_code: string; approve: boolean }) =>
      ask<{ status: 'approved' | 'denied' }>('POST', '/v1/device/answer', answer),
  });
}

function refreshAccount(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: accountKey });
}
