import { Button, Radio, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Tier, useSignUp } from '../api/account.js';
import { Heading } from '../layout/heading.js';
import { Failure } from '../layout/notice.js';

const shape = /^[a-z0-9](?:[a-z0-9]|-(?!-)){1,30}[a-z0-9]$/;

export function SignUpPage() {
  const signUp = useSignUp();
  const [handle, setHandle] = useState('');
  const [tier, setTier] = useState<Tier>('free');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = !shape.test(handle);
    setProblem(wrong ? 'Use 3 to 32 of a-z, 0-9 and single hyphens between them.' : undefined);
    if (!wrong) signUp.mutate({ handle, tier });
  };
  return (
    <Stack maw={480}>
      <Heading>Choose your handle</Heading>
      <Text>It names your account in every certificate and URL, and cannot be changed later.</Text>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label="Handle"
            description="3 to 32 of a-z, 0-9 and -"
            value={handle}
            onChange={({ currentTarget }) => setHandle(currentTarget.value.toLowerCase())}
            error={problem}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
          <Radio.Group
            label="Tier"
            value={tier}
            onChange={(value) => setTier(value === 'dev' ? 'dev' : 'free')}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="free" label="Free: 25 certificates from the shared CA" />
              <Radio value="dev" label="Dev: a CA of your own, once the operator has promoted you" />
            </Stack>
          </Radio.Group>
          <Failure error={signUp.error} />
          <Button type="submit" loading={signUp.isPending}>
            Sign up
          </Button>
        </Stack>
      </form>
    </Stack>
  );
}
