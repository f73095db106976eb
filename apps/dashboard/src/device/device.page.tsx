import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAnswerDevice } from '../api/account.js';
import { Heading } from '../layout/heading.js';
import { Failure, Warning } from '../layout/notice.js';

export function DevicePage({ email }: { readonly email: string }) {
  const answer = useAnswerDevice();
  const [code, setCode] = useState(new URLSearchParams(location.search).get('code') ?? '');
  if (answer.data) {
    return (
      <Stack>
        <Heading>{answer.data.status === 'approved' ? 'The command line is signed in' : 'Denied'}</Heading>
        <Text>You can close this page.</Text>
      </Stack>
    );
  }
  return (
    <Stack maw={480}>
      <Heading>Sign in a command line</Heading>
      <Warning title="Only if you began this yourself">
        Whoever shows this code will act as {email} for 30 days. Nobody from support will ever ask you to
        approve one.
      </Warning>
      <TextInput
        label="Code"
        description="As the command line shows it"
        value={code}
        onChange={({ currentTarget }) => setCode(currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
      />
      <Failure error={answer.error} />
      <Group>
        <Button loading={answer.isPending} onClick={() => answer.mutate({ user_code: code, approve: true })}>
          Approve
        </Button>
        <Button variant="default" onClick={() => answer.mutate({ user_code: code, approve: false })}>
          Deny
        </Button>
      </Group>
    </Stack>
  );
}
