import { Anchor, Button, Checkbox, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { type Certificate, useCertificates } from '../api/usage.js';
import type { PageProps } from '../layout/app.js';
import { Heading } from '../layout/heading.js';
import { Failure } from '../layout/notice.js';
import { Waiting } from '../layout/waiting.js';

export default function CertificatesPage({ account }: PageProps) {
  const [validOnly, setValidOnly] = useState(true);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useCertificates(validOnly);
  const certificates = data?.pages.flatMap((page) => page.certificates);
  return (
    <Stack>
      <Heading>Certificates</Heading>
      <Checkbox
        label="Only those that have not expired"
        checked={validOnly}
        onChange={({ currentTarget }) => setValidOnly(currentTarget.checked)}
      />
      <Failure error={error} />
      {isPending && <Waiting what="Loading…" />}
      {certificates?.length === 0 && <Text>There are none.</Text>}
      {certificates !== undefined && certificates.length > 0 && (
        <Listed certificates={certificates} pki={new URL(account.pki_url).pathname} />
      )}
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

function Listed({
  certificates,
  pki,
}: {
  readonly certificates: readonly Certificate[];
  readonly pki: string;
}) {
  return (
    <section className="scroll" aria-label="Certificates">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Serial</Table.Th>
            <Table.Th scope="col">Issued</Table.Th>
            <Table.Th scope="col">Expires</Table.Th>
            <Table.Th scope="col">Status</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {certificates.map(({ serial, issued_at: issued, expires_at: expires }) => (
            <Table.Tr key={serial}>
              <Table.Td className="secret">{serial}</Table.Td>
              <Table.Td>{new Date(issued).toLocaleString()}</Table.Td>
              <Table.Td>{new Date(expires).toLocaleString()}</Table.Td>
              <Table.Td>
                <Anchor href={`${pki}/cert/${serial}`} aria-label={`Status of ${serial}`}>
                  Status
                </Anchor>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
