import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.js';

/** What went wrong, said at once by a screen reader. */
export function Failure({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  const words = error instanceof Error ? error.message : String(error);
  return (
    <Alert color="red" variant="outline" role="alert" title="That did not work">
      {words}
      {error instanceof ApiError && error.code !== 'unreachable' ? ` (${error.code})` : ''}
    </Alert>
  );
}

export function Warning({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Alert color="orange" variant="outline" title={title}>
      {children}
    </Alert>
  );
}
