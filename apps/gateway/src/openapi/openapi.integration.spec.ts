import { Ajv2020 } from 'ajv/dist/2020.js';
import { DomainError, type ErrorCode, errors } from '#libs/errors';
import { type Stage, setStage } from '../testing/callers.js';
import { refusal } from '../testing/fakes/fake-product.js';
import { bodyLimit, type GatewayUnderTest, pemOf } from '../testing/gateway-under-test.js';
import type { Answered } from '../testing/http-client.js';
import { WellFormed, type Wish } from '../testing/well-formed.js';
import type { Operation } from './operation.js';
import { operations } from './operations.js';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}
interface DocumentedOperation {
  readonly responses: Readonly<
    Record<string, { headers: object; content: Record<string, { schema: object }> }>
  >;
}

const nobodysId = '00000000-0000-4000-8000-000000000000';
const files: Readonly<Record<string, string>> = { crl: 'intermediate.crl', trustArtifact: 'root.pem' };

/** Codes of sessions and of what a customer has; the specs of their own rooms provoke them. */
const provokedElsewhere = new Set<ErrorCode>([
  ...([
    'already_claimed',
    'already_issued',
    'already_signed_up',
    'birth_cert_not_found',
    'cert_not_allowed',
  ] as const),
  ...(['credential_not_found', 'cross_site', 'mode_not_allowed', 'permission_exists'] as const),
  ...(['permission_not_found', 'sign_in_refused'] as const),
]);
const outages = new Set<ErrorCode>(['service_unavailable', 'deadline_exceeded', 'storage_unavailable']);
/** What answers from the gateway's own database, an identity provider or a service without a double that fails. */
const ownDatabase = new Set([
  ...['whoami', 'usage', 'listCertificates', 'listSigningCerts', 'listPermissions', 'createPermission'],
  ...['showPermission', 'setPermissionModes', 'deletePermission', 'listCredentials', 'createCredential'],
  ...[
    'showCredential',
    'revokeCredential',
    'issueBirthCert',
    'showBirthCert',
    'readAuditTrail',
    'readOwnAuditTrail',
  ],
  ...['reconcileUsage', 'listMonths', 'signIn', 'finishSignIn', 'signOut', 'showAccount', 'claimBearer'],
  ...[
    'beginDeviceLogin',
    'answerDeviceLogin',
    'redeemDeviceLogin',
    'listCustomerCredentials',
    'seedCredential',
  ],
  ...['revokeCustomerCredential', 'resetBirthCert', 'rotateBearer', 'signUp'],
]);

const ajv = new Ajv2020({ strict: false, validateFormats: false });

describe('/openapi.json', () => {
  let gateway: GatewayUnderTest;
  let document: Document;
  let stage: Stage;
  let wellFormed: WellFormed;

  beforeAll(async () => {
    stage = await setStage();
    ({ gateway } = stage);
    wellFormed = new WellFormed(stage);
    document = (await gateway.ask('/openapi.json')).json<Document>();
  }, 180_000);
  afterAll(() => stage?.stop());

  function send(
    operation: Operation,
    wish: Wish,
    parameters: Record<string, string> = {},
  ): Promise<Answered> {
    const { parameters: given, ...options } = wish;
    // What an operator does to a customer must not disturb the one that mints.
    const handle = operation.access?.includes('operator') === true ? 'spare' : 'apexrunner';
    const values: Record<string, string> = {
      ...{ ttl: '7d', serial: 'ab', request: 'MAA%3D', job: '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c11' },
      ...{
        file: files[operation.id] ?? 'none.js',
        provider: 'oidc',
        page: 'certificates',
        id: nobodysId,
        certId: nobodysId,
      },
      ...{ handle, ...given, ...parameters },
    };
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    return gateway.ask(path, options);
  }

  function responseOf(operation: Operation, status: number) {
    const response = document.paths[operation.path]?.[operation.method.toLowerCase()]?.responses[status];
    if (response === undefined) throw new Error(`${operation.id} documents no ${status}`);
    return response;
  }

  it('is OpenAPI 3.1 of every operation', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(paths.sort()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).sort());
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
  });

  it('describes every request in valid JSON Schema', () => {
    const schemas = operations.flatMap(({ request = {} }) => Object.values(request));
    expect(schemas.length).toBeGreaterThan(10);
    for (const schema of schemas) expect([ajv.validateSchema(schema), schema]).toEqual([true, schema]);
  });

  // The account pages are there only once they were built: the stories open them in a browser.
  const answered = operations.filter(({ path }) => !path.startsWith('/dashboard'));

  it.each(answered.map((operation) => [operation.id, operation] as const))(
    'describes what %s answers',
    async (_id, operation) => {
      const answer = await send(operation, await wellFormed.of(operation));
      const isRedirect = operation.answer.status === 303;
      expect([answer.status, answer.body.length > 0]).toEqual([operation.answer.status, !isRedirect]);
      const { headers, content } = responseOf(operation, answer.status);
      for (const header of Object.keys(headers)) {
        if (header === 'Idempotency-Replayed') continue;
        expect(Object.keys(answer.headers)).toContain(header.toLowerCase());
      }
      if (isRedirect) return;
      const type = answer.headers['content-type']?.split(';')[0] ?? '';
      expect(Object.keys(content)).toContain(type);
      if (type !== 'application/json') return;
      const validate = ajv.compile(content[type]?.schema ?? false);
      const valid = validate(answer.json());
      expect(validate.errors ?? []).toEqual([]);
      expect(valid).toBe(true);
    },
  );

  /** What makes the operation answer this code; each is what a client or a bad day does. */
  async function provoke(operation: Operation, code: ErrorCode): Promise<Answered> {
    const good = await wellFormed.of(operation);
    const isMint = operation.tag === 'mint' || operation.id === 'issueBirthCert';
    const isFree = operation.tier === 'free';
    // It takes one request, and its lifetime is fixed: what else can be wrong, the issuer says.
    if (operation.id === 'issueBirthCert' && (code === 'bad_ttl' || code === 'issue_failed')) {
      return withMintFailure(operation, code);
    }
    const withBody = (fields: object) =>
      send(operation, { ...good, body: { ...Object(good.body), ...fields } });
    switch (code) {
      case 'unauthorized':
        return send(operation, { ...good, headers: { authorization: 'Bearer wrong' } });
      case 'operator_only':
        return send(operation, { ...good, headers: stage.callers['the master bearer'].headers ?? {} });
      case 'body_too_large':
        return send(operation, { ...good, body: Buffer.alloc(bodyLimit + 1) });
      case 'unsupported_media_type':
        return send(operation, {
          ...good,
          body: 'x',
          headers: { ...good.headers, 'content-type': 'text/plain' },
        });
      case 'bad_request':
        if (operation.method === 'GET')
          return send({ ...operation, path: `${operation.path}?limit=x` }, good);
        return send(operation, { ...good, body: { unknown: true } });
      case 'bad_count':
        if (!isFree) return withBody({ csr_pems: [] });
        return send(operation, {
          ...good,
          body: `${pemOf('one')}${pemOf('two')}`,
          headers: { ...good.headers, 'content-type': 'application/x-pem-file' },
        });
      case 'job_not_found':
        return send(operation, good, { job: 'none' });
      case 'bad_ttl':
        if (operation.id === 'bulkRevoke') return withBody({ criteria: { ttl: '1y' } });
        if (!isMint) return withBody({ max_ttl: '1y' });
        return operation.path.includes('{ttl}')
          ? send(operation, good, { ttl: '1y' })
          : withBody({ ttl: '1y' });
      case 'ttl_mismatch':
        return withBody({ ttl: '1d' });
      case 'handle_mismatch':
        return withBody({ handle: 'other' });
      case 'bad_handle':
        return withBody({ handle: 'pki' });
      case 'customer_exists':
        return withBody({ handle: 'apexrunner' });
      case 'customer_not_found':
        if (operation.id === 'reconcileUsage') return withBody({ handle: 'nobody' });
        return send(operation, good, { handle: 'nobody' });
      case 'serial_not_found':
        if (operation.id === 'bulkRevoke') return withBody({ criteria: { serials: ['nonsense'] } });
        if (operation.id === 'reconcile') return withBody({ serials: ['nonsense'] });
        if (operation.request) return send(operation, { ...good, body: { serial: 'nonsense' } });
        return send(operation, good, { serial: 'nonsense' });
      case 'not_on_hold':
        return send(operation, { ...good, body: { serial: 'ab', reason: 'removeFromCRL' } });
      case 'bad_path':
        if (operation.tier !== undefined) return send(operation, { ...good, ...otherTier(operation) });
        return send(operation, good, {
          file: 'chain.der',
          handle: 'No_Handle',
          provider: 'none',
          page: 'no.page',
        });
      case 'issue_failed':
        return withBody(isFree ? { csr_pem: 'nonsense' } : { csr_pems: ['nonsense'] });
      default:
        return isMint || operation.path === '/ready'
          ? withMintFailure(operation, code)
          : withFailure(operation, code);
    }
  }

  /** Customers of the other tier find nothing there. */
  function otherTier({ tier }: Operation) {
    const { callers } = stage;
    return { headers: callers[tier === 'free' ? 'the master bearer' : 'a Free master bearer'].headers ?? {} };
  }

  async function withMintFailure(operation: Operation, code: ErrorCode): Promise<Answered> {
    if (operation.path === '/ready') {
      await gateway.database.query('REVOKE SELECT ON gateway.migrations FROM stackrunner_gateway');
      // Longer than one answer about readiness holds.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const answer = await send(operation, {});
      await gateway.database.query('GRANT SELECT ON gateway.migrations TO stackrunner_gateway');
      return answer;
    }
    const { mint } = gateway.product;
    const details = { limit: 5, used: 5, resets_at: '2026-02-01T00:00:00Z' };
    gateway.product.mint = () => refusal(new DomainError(code, 'No.', { details }));
    const answer = await send(operation, await wellFormed.of(operation));
    gateway.product.mint = mint;
    return answer;
  }

  async function withFailure(operation: Operation, code: ErrorCode): Promise<Answered> {
    gateway.product.failure = new DomainError(code, 'No.');
    gateway.status.isDown = true;
    // A handle that no cache knows.
    const parameters =
      operation.id === 'trustArtifact' ? { handle: `fresh-${code.replaceAll('_', '-')}` } : {};
    const answer = await send(operation, await wellFormed.of(operation), parameters);
    gateway.product.failure = undefined;
    gateway.status.isDown = false;
    return answer;
  }

  const pairs = operations.flatMap((operation) =>
    operation.errors
      .filter((code) => !(code === 'overloaded' && operation.id === 'beginDeviceLogin'))
      .filter((code) => !provokedElsewhere.has(code) && !(outages.has(code) && ownDatabase.has(operation.id)))
      .filter(
        (code) =>
          !(code === 'bad_path' && (operation.id === 'dashboard' || operation.access?.includes('owner'))),
      )
      .map((code) => [operation.id, code, operation] as const),
  );

  it.each(pairs)('%s answers %s as described', async (_id, code, operation) => {
    const answer = await provoke(operation, code);
    expect(`${answer.status} ${answer.json().error.code}`).toBe(`${errors[code].http} ${code}`);
    const { headers, content } = responseOf(operation, answer.status);
    for (const header of Object.keys(headers))
      expect(Object.keys(answer.headers)).toContain(header.toLowerCase());
    const validate = ajv.compile(content['application/json']?.schema ?? false);
    validate(answer.json());
    expect(validate.errors ?? []).toEqual([]);
  });

  it('names every code of the error table that a client can meet', () => {
    const described = new Set(operations.flatMap((operation) => operation.errors));
    // A sign-in that failed is told in the address of the page to which its answer leads.
    const everywhere = ['internal', 'method_not_allowed', 'sign_in_failed'];
    expect([...described, ...everywhere].sort()).toEqual(Object.keys(errors).sort());
  });
});
