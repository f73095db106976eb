import { Button, Checkbox, Code, Group, NativeSelect, Paper, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type IssuedCredential, type Mode, useIssueCredential } from '../api/credentials.js';
import { CopyButton } from '../layout/copy-button.js';
import { Failure, Warning } from '../layout/notice.js';

const dayMs = 86_400_000;

export function NewCredentialForm() {
  const issue = useIssueCredential();
  const [label, setLabel] = useState('');
  const [modes, setModes] = useState<readonly Mode[]>(['sign_leaf']);
  const [days, setDays] = useState('');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = label.trim() === '' ? 'Give it a name.' : modes.length === 0 ? 'Choose a mode.' : undefined;
    setProblem(wrong);
    if (wrong !== undefined) return;
    const expires =
      days === '' ? {} : { expires_at: new Date(Date.now() + Number(days) * dayMs).toISOString() };
    issue.mutate({ label: label.trim(), modes, ...expires });
  };
  if (issue.data) return <Issued credential={issue.data} onDone={() => issue.reset()} />;
  return (
    <form onSubmit={submit} noValidate>
      <Stack maw={480}>
        <TextInput
          label="Label"
          description="For example the pipeline that will have it"
          value={label}
          onChange={({ currentTarget }) => setLabel(currentTarget.value)}
          error={problem}
          autoComplete="off"
        />
        <Checkbox.Group label="Modes" value={[...modes]} onChange={(chosen) => setModes(chosen as Mode[])}>
          <Stack gap="xs" mt="xs">
            <Checkbox value="sign_leaf" label="sign_leaf: the CA sets Subject and names" />
            <Checkbox value="cross_sign" label="cross_sign: the request's Subject and names are kept" />
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label="Expires"
          value={days}
          onChange={({ currentTarget }) => setDays(currentTarget.value)}
          data={[
            { value: '', label: 'Never' },
            { value: '7', label: 'In 7 days' },
            { value: '30', label: 'In 30 days' },
            { value: '365', label: 'In a year' },
          ]}
        />
        <Failure error={issue.error} />
        <Group>
          <Button type="submit" loading={issue.isPending}>
            Issue credential
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Issued({
  credential,
  onDone,
}: {
  readonly credential: IssuedCredential;
  readonly onDone: () => void;
}) {
  return (
    <Stack>
      <Warning title={`Copy the bearer of ${credential.label} now`}>
        It is shown this once, and never again.
      </Warning>
      <Paper withBorder p="md">
        <output className="secret" aria-label="Bearer of the credential">
          {credential.bearer}
        </output>
      </Paper>
      <Text>
        Requests name the signing cert <Code>{credential.cert_id}</Code> as <Code>cert_id</Code>.
      </Text>
      <Group>
        <CopyButton text={credential.bearer} label="Copy bearer" />
        <Button variant="default" onClick={onDone}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
