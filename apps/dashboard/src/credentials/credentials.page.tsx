import { Button, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { type Credential, useCredentials, useRevokeCredential } from '../api/credentials.js';
import { Heading } from '../layout/heading.js';
import { Failure } from '../layout/notice.js';
import { Waiting } from '../layout/waiting.js';
import { NewCredentialForm } from './new-credential-form.js';

export default function CredentialsPage() {
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useCredentials();
  const credentials = data?.pages.flatMap((page) => page.credentials);
  return (
    <Stack>
      <Heading>Scoped credentials</Heading>
      <Text>
        Each mints in its own modes, expires and is revoked by itself: one for every pipeline, team and device
        fleet.
      </Text>
      <NewCredentialForm />
      <Failure error={error} />
      {isPending && <Waiting what="Loading…" />}
      {credentials?.length === 0 && <Text>There are none yet.</Text>}
      {credentials !== undefined && credentials.length > 0 && <Listed credentials={credentials} />}
      {hasNextPage && (
        <div>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Stack>
  );
}

function Listed({ credentials }: { readonly credentials: readonly Credential[] }) {
  return (
    <section className="scroll" aria-label="Credentials">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Label</Table.Th>
            <Table.Th scope="col">Modes</Table.Th>
            <Table.Th scope="col">Status</Table.Th>
            <Table.Th scope="col">Last used</Table.Th>
            <Table.Th scope="col">Expires</Table.Th>
            <Table.Th scope="col">Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {credentials.map((credential) => (
            <Row key={credential.credential_id} credential={credential} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Row({ credential }: { readonly credential: Credential }) {
  const revoke = useRevokeCredential();
  const [asked, setAsked] = useState(false);
  const { label, status, signing_certs: certs, last_used_at: used, expires_at: expires } = credential;
  const modes = [...new Set(certs.flatMap((cert) => cert.modes))];
  return (
    <Table.Tr>
      <Table.Td>{label}</Table.Td>
      <Table.Td>{modes.join(', ')}</Table.Td>
      <Table.Td>{status}</Table.Td>
      <Table.Td>{used === null ? 'never' : new Date(used).toLocaleString()}</Table.Td>
      <Table.Td>{expires === null ? 'never' : new Date(expires).toLocaleString()}</Table.Td>
      <Table.Td>
        {status === 'active' && !asked && (
          <Button size="xs" variant="default" onClick={() => setAsked(true)} aria-label={`Revoke ${label}`}>
            Revoke
          </Button>
        )}
        {status === 'active' && asked && (
          <Button
            size="xs"
            color="red.9"
            loading={revoke.isPending}
            onClick={() => revoke.mutate(credential.credential_id)}
            aria-label={`Really revoke ${label}`}
          >
            Really revoke
          </Button>
        )}
        <Failure error={revoke.error} />
      </Table.Td>
    </Table.Tr>
  );
}
