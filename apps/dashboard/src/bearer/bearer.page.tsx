import { Button, Paper, Stack, Text } from '@mantine/core';
import { useClaimBearer } from '../api/account.js';
import type { PageProps } from '../layout/app.js';
import { CopyButton } from '../layout/copy-button.js';
import { Heading } from '../layout/heading.js';
import { Failure, Warning } from '../layout/notice.js';

export function BearerPage({ account }: PageProps) {
  const claim = useClaimBearer();
  if (claim.data) return <Shown bearer={claim.data.bearer} />;
  return (
    <Stack>
      <Heading>Mint bearer</Heading>
      <Text>The bearer is the secret with which you mint certificates, for the whole account.</Text>
      <Failure error={claim.error} />
      {account.bearer_claimed_at === null ? (
        <>
          <Warning title="It is shown once">
            Have a place to keep it ready. We store only a hash of it: whoever loses it needs the operator to
            issue another.
          </Warning>
          <div>
            <Button loading={claim.isPending} onClick={() => claim.mutate()}>
              Claim mint bearer
            </Button>
          </div>
        </>
      ) : (
        <Text>
          It was claimed on {new Date(account.bearer_claimed_at).toLocaleString()}. If it is lost, ask the
          operator to rotate it.
        </Text>
      )}
    </Stack>
  );
}

function Shown({ bearer }: { readonly bearer: string }) {
  return (
    <Stack>
      <Heading>Your mint bearer</Heading>
      <Warning title="Copy it now">It is shown this once, and never again.</Warning>
      <Paper withBorder p="md">
        <output className="secret" aria-label="Bearer">
          {bearer}
        </output>
      </Paper>
      <div>
        <CopyButton text={bearer} label="Copy bearer" />
      </div>
    </Stack>
  );
}
