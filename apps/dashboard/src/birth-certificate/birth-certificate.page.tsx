import { Anchor, Button, PasswordInput, Stack, Table, Text } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import {
  type BirthCertificate,
  useBirthCertificate,
  useIssueBirthCertificate,
} from '../api/birth-certificate.js';
import type { PageProps } from '../layout/app.js';
import { Heading } from '../layout/heading.js';
import { Failure, Warning } from '../layout/notice.js';
import { Waiting } from '../layout/waiting.js';
import { pemBlocks } from './der.js';
import { makeP256Key, spkiBase64 } from './p256-key.js';
import { pkcs12 } from './pkcs12.js';

/** What an importer reads the same way everywhere, and a guesser cannot run through. */
const passwordShape = /^[\x20-\x7e]{12,200}$/;

export default function BirthCertificatePage({ account }: PageProps) {
  const issued = useBirthCertificate();
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const issue = useIssueBirthCertificate(async (ask) => {
    const key = await makeP256Key(account.handle);
    // The file can be made before the certificate is asked for: nothing that can fail is left for afterwards.
    const privateKey = await key.exportPkcs8();
    const certificate = await ask({ spki: spkiBase64(key), csr_pem: key.csrPem });
    const certificates = pemBlocks(certificate.cert_pem + certificate.chain);
    const file = await pkcs12({ privateKey, certificates, friendlyName: account.handle, password });
    return { certificate, file: new Blob([file], { type: 'application/x-pkcs12' }) };
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = !passwordShape.test(password);
    setProblem(
      wrong ? 'Use at least 12 characters of plain ASCII: letters, digits, punctuation.' : undefined,
    );
    if (!wrong) issue.mutate();
  };
  if (issue.data) return <Ready {...issue.data} handle={account.handle} />;
  return (
    <Stack maw={560}>
      <Heading>Birth certificate</Heading>
      <Text>
        One certificate of your own CA, valid for a year, with which your services authenticate each other.
        Its key is made in this browser and never leaves it.
      </Text>
      <Failure error={issued.error ?? issue.error} />
      {issued.isPending && <Waiting what="Loading…" />}
      {issued.data && <Facts certificate={issued.data} />}
      {issued.data === null && account.status !== 'active' && <Text>Your CA is not ready yet.</Text>}
      {issued.data === null && account.status === 'active' && (
        <form onSubmit={submit} noValidate>
          <Stack>
            <Warning title="Once per account">
              Save the file when it is ready: the key is nowhere else, and another certificate takes the
              operator.
            </Warning>
            <PasswordInput
              label="Password of the file"
              description="At least 12 characters; you need it to import the file"
              value={password}
              onChange={({ currentTarget }) => setPassword(currentTarget.value)}
              error={problem}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
              required
              withAsterisk={false}
            />
            <Button type="submit" loading={issue.isPending}>
              Make key and certificate
            </Button>
          </Stack>
        </form>
      )}
    </Stack>
  );
}

function Ready(props: {
  readonly certificate: BirthCertificate;
  readonly file: Blob;
  readonly handle: string;
}) {
  const { certificate, file, handle } = props;
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <Stack maw={560}>
      <Heading>Your birth certificate is ready</Heading>
      <Warning title="Save it now">The key is in this page only, and is gone when you leave it.</Warning>
      <div>
        <Button component="a" href={url} download={`${handle}-birth.p12`}>
          Save {handle}-birth.p12
        </Button>
      </div>
      <Text>
        It is a PKCS#12 file with the key, the certificate and its chain. Import it with openssl, Java,
        Firefox, Windows or macOS; see{' '}
        <Anchor href="https://www.rfc-editor.org/rfc/rfc7292" rel="noreferrer">
          RFC 7292
        </Anchor>
        .
      </Text>
      <Facts certificate={certificate} />
    </Stack>
  );
}

function Facts({ certificate }: { readonly certificate: BirthCertificate }) {
  const rows = [
    ['Serial', certificate.serial],
    ['SHA-256', certificate.fingerprint],
    ['Issued', new Date(certificate.issued_at).toLocaleString()],
    ['Expires', new Date(certificate.expires_at).toLocaleString()],
  ];
  return (
    <Table variant="vertical">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row">{name}</Table.Th>
            <Table.Td className="secret">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
