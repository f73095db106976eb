import { Button, Stack, Text } from '@mantine/core';
import { useProviders } from '../api/account.js';
import { Heading } from '../layout/heading.js';
import { Failure, Warning } from '../layout/notice.js';
import { base } from '../layout/route.js';
import { Waiting } from '../layout/waiting.js';

/** Why a sign-in came back without a session, in words. */
const refusals: Readonly<Record<string, string>> = {
  sign_in_refused:
    'Your address is not among those who may sign in here, or your provider has not verified it.',
  sign_in_failed: 'The sign-in was not finished. Begin again.',
  service_unavailable: 'The identity provider does not answer. Try again in a moment.',
};

export function SignInPage() {
  const { data: providers, error, isPending } = useProviders();
  const refused = new URLSearchParams(location.search).get('refused');
  const here = location.pathname === `${base}/sign-in` ? base : location.pathname + location.search;
  return (
    <Stack maw={480}>
      <Heading>Sign in</Heading>
      {refused !== null && (
        <Warning title="You are not signed in">
          {refusals[refused] ?? 'The sign-in did not work. Begin again.'}
        </Warning>
      )}
      <Failure error={error} />
      {isPending && <Waiting what="Loading…" />}
      {providers?.length === 0 && (
        <Text>Nobody can sign in here yet: no identity provider is configured.</Text>
      )}
      {providers?.map(({ id, name, url }) => (
        <Button key={id} component="a" href={`${url}?return_to=${encodeURIComponent(here)}`} size="md">
          Sign in with {name}
        </Button>
      ))}
    </Stack>
  );
}
