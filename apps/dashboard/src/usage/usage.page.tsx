import { Progress, Stack, Table, Text } from '@mantine/core';
import { type Count, useUsage } from '../api/usage.js';
import { Heading } from '../layout/heading.js';
import { Failure } from '../layout/notice.js';
import { Waiting } from '../layout/waiting.js';

export default function UsagePage() {
  const { data: usage, error, isPending } = useUsage();
  return (
    <Stack>
      <Heading>Usage</Heading>
      <Failure error={error} />
      {isPending && <Waiting what="Loading…" />}
      {usage && (
        <>
          <section className="scroll" aria-label="Certificates issued">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">Certificates</Table.Th>
                  <Table.Th scope="col">Issued</Table.Th>
                  <Table.Th scope="col">Included</Table.Th>
                  <Table.Th scope="col">Share</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                <Row name="Last 60 seconds" count={usage.minute} />
                <Row name="This month" count={usage.month} />
                <Row name="Ever" count={usage.lifetime} />
                {usage.per_ttl.map((count) => (
                  <Row key={count.ttl} name={`Ever, for ${count.ttl}`} count={count} />
                ))}
              </Table.Tbody>
            </Table>
          </section>
          <Text size="sm">The next month begins {new Date(usage.month.resets_at).toLocaleString()}.</Text>
        </>
      )}
    </Stack>
  );
}

function Row({ name, count: { used, limit } }: { readonly name: string; readonly count: Count }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td>{used.toLocaleString()}</Table.Td>
      <Table.Td>{limit === null ? 'unlimited' : limit.toLocaleString()}</Table.Td>
      <Table.Td>
        {limit !== null && limit > 0 && (
          <Progress value={Math.min(100, (100 * used) / limit)} aria-label={`${name}: share used`} />
        )}
      </Table.Td>
    </Table.Tr>
  );
}
