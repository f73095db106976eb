import { Ajv2020 } from 'ajv/dist/2020.js';
import { DomainError, type ErrorCode, errors } from '#libs/errors';
import { pemEncode } from '#libs/x509';
import { refusal } from '../testing/fake-services.js';
import {
  bodyLimit,
  type GatewayUnderTest,
  pemOf,
  startGatewayUnderTest,
} from '../testing/gateway-under-test.js';
import type { Answered, Ask } from '../testing/http-client.js';
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

const ajv = new Ajv2020({ strict: false, validateFormats: false });

describe('/openapi.json', () => {
  let gateway: GatewayUnderTest;
  let document: Document;
  let bearer: string;
  const usual = { ttl: '7d', file: 'root.pem', serial: 'ab', job: '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c11' };
  const minting = { version: 'v1', csr_pems: [pemOf('one'), pemOf('two')], ttl: '7d' };
  const certificatePem = pemEncode('CERTIFICATE', Buffer.from('a certificate'));
  let created = 0;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    ({ bearer } = await gateway.customer('acme'));
    await gateway.customer('spare');
    document = (await gateway.ask('/openapi.json')).json<Document>();
  });
  afterAll(() => gateway.stop());

  const publicFiles: Readonly<Record<string, string>> = { crl: 'intermediate.crl' };

  /** A request that the operation answers well. */
  function wellFormed({ id, method }: Operation): Ask {
    switch (id) {
      case 'mint':
      case 'mintWithTtl':
        return { body: minting, bearer };
      case 'revoke':
        return { body: { serial: 'ab' }, bearer };
      case 'revokeFor':
        return { body: { serials: ['ab'] } };
      case 'reconcile':
        return { body: { serials: [] } };
      case 'bulkRevoke':
        return { body: { criteria: { ttl: '7d' } } };
      case 'createCustomer':
        created += 1;
        return { body: { handle: `new-${created}` } };
      case 'setLimits':
        return { method, body: { per_minute: 5 } };
      case 'rotateCa':
        return { method, body: {} };
      case 'importCa':
        return { method, body: { certificates_pem: certificatePem.repeat(2) } };
      default:
        return { method };
    }
  }

  function send(
    operation: Operation,
    options: Ask,
    parameters: Record<string, string> = {},
  ): Promise<Answered> {
    // What an operator does to a customer must not disturb the one that mints.
    const handle = operation.security === 'operator' ? 'spare' : 'acme';
    const file = publicFiles[operation.id] ?? usual.file;
    const values: Record<string, string> = { ...usual, file, request: 'MAA%3D', handle, ...parameters };
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    return operation.security === 'operator' ? gateway.operate(path, options) : gateway.ask(path, options);
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

  it.each(operations.map((operation) => [operation.id, operation] as const))(
    'describes what %s answers',
    async (_id, operation) => {
      const answer = await send(operation, wellFormed(operation));
      expect([answer.status, answer.body.length > 0]).toEqual([operation.answer.status, true]);
      const { headers, content } = responseOf(operation, answer.status);
      for (const header of Object.keys(headers)) {
        if (header === 'Idempotency-Replayed') continue;
        expect(Object.keys(answer.headers)).toContain(header.toLowerCase());
      }
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
    const good = wellFormed(operation);
    const isMint = operation.tag === 'mint';
    const withBody = (fields: object) => send(operation, { ...good, body: { ...minting, ...fields } });
    switch (code) {
      case 'unauthorized':
        return send(operation, { ...good, bearer: 'wrong' });
      case 'operator_only':
        return send(operation, { ...good, bearer });
      case 'body_too_large':
        return send(operation, { ...good, body: Buffer.alloc(bodyLimit + 1) });
      case 'unsupported_media_type':
        return send(operation, { ...good, body: 'x', headers: { 'content-type': 'text/plain' } });
      case 'bad_request':
        if (operation.method === 'GET') return gateway.operate(`${operation.path}?limit=x`);
        return send(operation, { ...good, body: { unknown: true } });
      case 'bad_count':
        return withBody({ csr_pems: [] });
      case 'job_not_found':
        return send(operation, good, { job: 'none' });
      case 'bad_ttl':
        if (operation.id === 'bulkRevoke') return send(operation, { body: { criteria: { ttl: '1y' } } });
        return operation.id === 'mint' ? withBody({ ttl: '1y' }) : send(operation, good, { ttl: '1y' });
      case 'ttl_mismatch':
        return withBody({ ttl: '1d' });
      case 'handle_mismatch':
        return withBody({ handle: 'other' });
      case 'bad_handle':
        return send(operation, { ...good, body: { handle: 'pki' } });
      case 'customer_exists':
        return send(operation, { ...good, body: { handle: 'acme' } });
      case 'customer_not_found':
        return send(operation, good, { handle: 'nobody' });
      case 'serial_not_found':
        if (operation.id === 'bulkRevoke')
          return send(operation, { body: { criteria: { serials: ['nonsense'] } } });
        if (operation.id === 'reconcile') return send(operation, { body: { serials: ['nonsense'] } });
        if (operation.request) return send(operation, { ...good, body: { serial: 'nonsense' } });
        return send(operation, good, { serial: 'nonsense' });
      case 'not_on_hold':
        return send(operation, { ...good, body: { serial: 'ab', reason: 'removeFromCRL' } });
      case 'bad_path':
        return send(operation, good, { file: 'chain.der', handle: 'No_Handle' });
      case 'issue_failed':
        return withBody({ csr_pems: ['nonsense'] });
      default:
        return isMint || operation.path === '/ready'
          ? withMintFailure(operation, code)
          : withFailure(operation, code);
    }
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
    const answer = await send(operation, wellFormed(operation));
    gateway.product.mint = mint;
    return answer;
  }

  async function withFailure(operation: Operation, code: ErrorCode): Promise<Answered> {
    gateway.product.failure = new DomainError(code, 'No.');
    gateway.status.isDown = true;
    // A handle that no cache knows.
    const parameters =
      operation.id === 'trustArtifact' ? { handle: `fresh-${code.replaceAll('_', '-')}` } : {};
    const answer = await send(operation, wellFormed(operation), parameters);
    gateway.product.failure = undefined;
    gateway.status.isDown = false;
    return answer;
  }

  const pairs = operations.flatMap((operation) =>
    operation.errors.map((code) => [operation.id, code, operation] as const),
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
    const everywhere = ['internal', 'method_not_allowed'];
    expect([...described, ...everywhere].sort()).toEqual(Object.keys(errors).sort());
  });
});
