import { Anchor, Code, Stack, Table, Text } from '@mantine/core';
import type { Account } from '../api/account.js';
import type { PageProps } from './app.js';
import { Heading } from './heading.js';
import { Warning } from './notice.js';
import { linkTo } from './route.js';
import { Waiting } from './waiting.js';

export default function OverviewPage({ account }: PageProps) {
  return (
    <Stack>
      <Heading>Your account</Heading>
      <Standing account={account} />
      <Table variant="vertical">
        <Table.Tbody>
          <Row name="Handle">{account.handle}</Row>
          <Row name="Tier">{account.tier === 'dev' ? 'Dev: a CA of your own' : 'Free: the shared CA'}</Row>
          <Row name="Mint at">
            <Code>{account.mint_url}</Code>
          </Row>
          <Row name="Trust artefacts">
            <Code>{account.pki_url}/ca/root.pem</Code>
          </Row>
        </Table.Tbody>
      </Table>
      {account.bearer_claimed_at === null && (
        <Text>
          Next: <Anchor {...linkTo('bearer')}>claim your mint bearer</Anchor>.
        </Text>
      )}
    </Stack>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td>{children}</Table.Td>
    </Table.Tr>
  );
}

function Standing({ account }: { readonly account: Account }) {
  const waitsForDev = account.wanted_tier === 'dev' && account.tier === 'free';
  return (
    <>
      {account.status === 'provisioning' && (
        <Waiting
          what={
            account.ceremony_step
              ? `Provisioning your CA… (${account.ceremony_step})`
              : 'Provisioning your CA…'
          }
        />
      )}
      {account.status === 'active' && (
        <Text role="status" fw={600}>
          Your CA is ready.
        </Text>
      )}
      {account.status === 'suspended' && (
        <Warning title="Suspended">The operator has suspended this account: it mints nothing.</Warning>
      )}
      {waitsForDev && (
        <Text>
          You asked for the Dev tier. Your account is Free until the operator has promoted it; what you mint
          meanwhile stays valid.
        </Text>
      )}
    </>
  );
}
