import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from './shell.js';
import type { Step } from './story.js';

const base = 'stackrunner.localhost';

/** The command lines of the document on the credentials of the Dev tier, adapted in host and path. */
export async function playDevTier(shell: Shell, step: Step): Promise<void> {
  const created = await step('an operator creates apexrunner', () =>
    shell.run('$STACKRUNNER customer create apexrunner --tier dev --json'),
  );
  shell.set('STACKRUNNER_BEARER', (JSON.parse(created) as { bearer: string }).bearer);
  shell.set('STACKRUNNER_HANDLE', 'apexrunner');
  expect(await shell.run('echo -n "$STACKRUNNER_BEARER" | wc -c')).toBe('43');

  await step('a raw CSR with the master bearer', () =>
    shell.run(`
      openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
      openssl req -new -key leaf.key -out leaf.csr \\
      -subj "/CN=\${STACKRUNNER_HANDLE}.leaf.example"
      curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/x-pem-file" \\
      --data-binary @leaf.csr \\
      $ORIGIN/7d/\${STACKRUNNER_HANDLE}/mint \\
      | jq -r '.certs[0].cert_pem' > leaf.crt
      curl -fsS $ORIGIN/pki/apexrunner/ca/root.pem > root.pem
      curl -fsS $ORIGIN/pki/apexrunner/ca/intermediate.pem > intermediate.pem
      openssl verify -CAfile root.pem -untrusted intermediate.pem leaf.crt`),
  );
  const batch = await step('a batch in the envelope', () =>
    shell.run(`
      cp leaf.csr leaf1.csr; cp leaf.csr leaf2.csr
      curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/json" \\
      -d "$(jq -n --arg c1 "$(cat leaf1.csr)" --arg c2 "$(cat leaf2.csr)" \\
      '{version:"v1", csr_pems:[$c1,$c2]}')" \\
      $ORIGIN/7d/\${STACKRUNNER_HANDLE}/mint`),
  );
  expect(JSON.parse(batch)).toMatchObject({ batch_id: 'apexrunner-#1' });

  await step('seed a credential', () =>
    shell.run('$STACKRUNNER credential seed apexrunner --modes=sign_leaf,cross_sign'),
  );
  expect(statSync(join(shell.folder, '.creds/apexrunner-crosssign-bearer.txt')).mode & 0o777).toBe(0o600);

  await step('sign-leaf', () =>
    shell.run(`
      export CRED=$(cat .creds/apexrunner-crosssign-bearer.txt)
      CERT_ID=$(curl -fsS -H "Authorization: Bearer \${STACKRUNNER_BEARER}" $ORIGIN/v1/signing-certs \\
      | jq -r '.signing_certs[] | select(.label == "apexrunner-intermediate").cert_id')
      curl -fsS \\
      -H "Authorization: Bearer \${CRED}" \\
      -H "Content-Type: application/json" \\
      -d "$(jq -n --arg id "$CERT_ID" --arg csr "$(cat leaf.csr)" \\
      '{version:"v1", cert_id:$id, csr_pems:[$csr], ttl:"24h"}')" \\
      $ORIGIN/v1/sign-leaf \\
      | jq -r '.certs[0].cert_pem' > scoped-leaf.crt
      openssl verify -CAfile root.pem -untrusted intermediate.pem scoped-leaf.crt`),
  );
  const text = await shell.run('openssl x509 -noout -subject -ext subjectAltName -in scoped-leaf.crt');
  expect(text).toContain(`CN = apexrunner.leaf.${base}`);
  expect(text).toContain(`DNS:apexrunner.leaf.${base}`);

  const names = await step('cross-sign keeps Subject and SANs to the byte', () =>
    shell.run(`
      export CRED=$(cat .creds/apexrunner-crosssign-bearer.txt)
      CERT_ID=$(curl -fsS -H "Authorization: Bearer \${STACKRUNNER_BEARER}" $ORIGIN/v1/signing-certs | jq -r '.signing_certs[0].cert_id')
      openssl req -new -key leaf.key -out device.csr -subj "/O=Meters/CN=Device 42/serialNumber=A-17" \\
      -addext "subjectAltName=DNS:meter-42.example.internal,IP:10.1.2.3,URI:urn:dev:42"
      curl -fsS \\
      -H "X-Mint-Credential: \${CRED}" \\
      -H "Content-Type: application/json" \\
      -d "$(jq -n --arg id "$CERT_ID" --arg csr "$(cat device.csr)" \\
      '{version:"v1", cert_id:$id, csr_pems:[$csr], ttl:"7d"}')" \\
      $ORIGIN/v1/cross-sign \\
      | jq -r '.certs[0].cert_pem' > cross-signed-leaf.crt
      openssl verify -CAfile root.pem -untrusted intermediate.pem cross-signed-leaf.crt >&2
      openssl x509 -noout -subject -ext subjectAltName -in cross-signed-leaf.crt
      diff <(openssl req -in device.csr -noout -subject) <(openssl x509 -in cross-signed-leaf.crt -noout -subject)`),
  );
  expect(names).toContain('O = Meters, CN = Device 42, serialNumber = A-17');
  expect(names).toContain('DNS:meter-42.example.internal, IP Address:10.1.2.3, URI:urn:dev:42');
  await step('the seeding script again: another credential; the one before is revoked', () =>
    shell.run(`
      cp .creds/apexrunner-crosssign-bearer.txt before.txt
      FIRST=$($STACKRUNNER credential list apexrunner --json | jq -r '.credentials[0].credential_id')
      $STACKRUNNER credential seed apexrunner --modes=sign_leaf,cross_sign
      if cmp -s before.txt .creds/apexrunner-crosssign-bearer.txt; then exit 1; fi
      test "$(stat -c %a .creds/apexrunner-crosssign-bearer.txt)" = 600
      $STACKRUNNER credential revoke apexrunner "$FIRST" --json | jq -e '.status == "revoked"'`),
  );
  const revoked = await step('revoke a certificate, with the serial in colons', () =>
    shell.run(`
      SERIAL=$(openssl x509 -in leaf.crt -noout -serial | cut -d= -f2 | sed 's/../&:/g; s/:$//')
      curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/json" \\
      -d "$(jq -n --arg serial "$SERIAL" '{version:"v1", serial:$serial, reason:"keyCompromise"}')" \\
      $ORIGIN/\${STACKRUNNER_HANDLE}/revoke`),
  );
  expect(revoked).toContain('"revoked"');
}

/** The command lines of the document on the credentials of the Free tier. @returns the customer's bearer */
export async function playFreeTier(shell: Shell, step: Step): Promise<string> {
  const created = await step('an operator creates fred', () =>
    shell.run('$STACKRUNNER customer create fred --tier free --json'),
  );
  const { bearer } = JSON.parse(created) as { bearer: string };
  shell.set('STACKRUNNER_BEARER', bearer);
  shell.set('STACKRUNNER_HANDLE', 'fred');
  const issued = await step('a raw CSR', () =>
    shell.run(`
      openssl ecparam -name prime256v1 -genkey -noout -out leaf.key
      openssl req -new -key leaf.key -out leaf.csr \\
      -subj "/CN=\${STACKRUNNER_HANDLE}.leaf.example"
      curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/x-pem-file" \\
      --data-binary @leaf.csr \\
      $ORIGIN/7d/v1/free/issue | tee issued.json \\
      | jq -r .cert_pem > leaf.crt
      jq -r .chain issued.json > chain.pem
      openssl verify -CAfile chain.pem leaf.crt >&2
      openssl x509 -noout -subject -issuer -ext subjectAltName -in leaf.crt
      jq -c keys issued.json`),
  );
  expect(issued).toContain(`CN = fred.leaf.${base}`);
  expect(issued).toContain('CN = intermediate-free');
  expect(issued).toContain(
    JSON.stringify(['cert_pem', 'chain', 'expires_at', 'fingerprint', 'issued_at', 'serial']),
  );
  const enveloped = await step('the envelope', () =>
    shell.run(`
      jq -n --arg csr "$(cat leaf.csr)" '{version:"v1", csr_pem:$csr}' | curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/json" -d @- $ORIGIN/1h/v1/free/issue | jq -r .expires_at`),
  );
  expect(Date.parse(enveloped)).toBeGreaterThan(Date.now());
  const revoked = await step('the revocation, with the serial in colons', () =>
    shell.run(`
      SERIAL=$(openssl x509 -in leaf.crt -noout -serial | cut -d= -f2 | tr A-F a-f | sed 's/../&:/g; s/:$//')
      curl -fsS \\
      -H "Authorization: Bearer \${STACKRUNNER_BEARER}" \\
      -H "Content-Type: application/json" \\
      -d "{\\"version\\":\\"v1\\",\\"serial\\":\\"$SERIAL\\"}" \\
      $ORIGIN/v1/free/revoke >&2
      curl -fsS $ORIGIN/pki/\${STACKRUNNER_HANDLE}/cert/$(jq -r .serial issued.json) | jq -r .status`),
  );
  expect(revoked).toBe('revoked');
  return bearer;
}
