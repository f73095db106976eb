import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, ask } from './client.js';

export interface BirthCertificate {
  readonly handle: string;
  readonly cert_pem: string;
  /** PEM: intermediate, then root. */
  readonly chain: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

const key = ['birth-certificate'];

/** The one that was issued; null while there is none. */
export function useBirthCertificate() {
  return useQuery({
    queryKey: key,
    queryFn: async (): Promise<BirthCertificate | null> => {
      try {
        return await ask<BirthCertificate>('GET', '/v1/birth-cert');
      } catch (error) {
        if (error instanceof ApiError && error.code === 'birth_cert_not_found') return null;
        throw error;
      }
    },
  });
}

/** Runs what makes the key and the file, and asks for the certificate in between. */
export function useIssueBirthCertificate<T>(
  make: (issue: (request: { spki: string; csr_pem: string }) => Promise<BirthCertificate>) => Promise<T>,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => make((request) => ask<BirthCertificate>('POST', '/v1/birth-cert', request)),
    gcTime: 0,
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}
