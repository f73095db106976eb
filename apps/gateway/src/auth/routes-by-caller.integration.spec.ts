import { operations } from '../openapi/operations.js';
import { type CallerName, callerNames, type Stage, setStage } from '../testing/callers.js';
import { pemOf } from '../testing/gateway-under-test.js';
import { type Answered, ask } from '../testing/http-client.js';

/** Who enters a route, written down apart from what the gateway enforces; all others are refused. */
type Entry = readonly CallerName[] | 'public';

const devMasters = ['the master bearer', "another's master bearer"] as const;
const masters = [...devMasters, 'a Free master bearer'] as const;
const credentials = ['a sign_leaf credential', 'a cross_sign credential', "another's credential"] as const;
const devOwner = [...devMasters, 'the owner'] as const;
const everyCustomer = [...masters, ...credentials, 'the owner', 'the birth certificate'] as const;
const people = ['the owner', 'a visitor'] as const;
const operator = ['the operator'] as const;

const entries: Readonly<Record<string, Entry>> = {
  mint: [...devMasters, 'the birth certificate'],
  mintWithTtl: [...devMasters, 'the birth certificate'],
  signLeaf: credentials,
  crossSign: credentials,
  freeIssueWithTtl: ['a Free master bearer'],
  freeIssue: ['a Free master bearer'],
  revoke: [...devMasters, ...credentials, 'the birth certificate'],
  freeRevoke: ['a Free master bearer'],
  revokeFor: operator,
  bulkRevoke: operator,
  bulkRevocation: operator,
  reconcile: operator,
  crlCache: operator,
  regenerateCrls: operator,
  showTranscript: operator,
  rotateCa: operator,
  requestCa: operator,
  importCa: operator,
  whoami: everyCustomer,
  usage: everyCustomer,
  listCertificates: everyCustomer,
  listSigningCerts: devOwner,
  listPermissions: devOwner,
  createPermission: devOwner,
  showPermission: devOwner,
  setPermissionModes: devOwner,
  deletePermission: devOwner,
  listCredentials: devOwner,
  createCredential: devOwner,
  showCredential: devOwner,
  revokeCredential: devOwner,
  seedCredential: operator,
  listCustomerCredentials: operator,
  revokeCustomerCredential: operator,
  createCustomer: operator,
  listCustomers: operator,
  showCustomer: operator,
  suspendCustomer: operator,
  resumeCustomer: operator,
  rotateBearer: operator,
  promoteCustomer: operator,
  setPlan: operator,
  setLimits: operator,
  reconcileUsage: operator,
  listMonths: operator,
  readAuditTrail: operator,
  readOwnAuditTrail: ['the owner'],
  issueBirthCert: ['the owner'],
  showBirthCert: ['the owner'],
  resetBirthCert: operator,
  signUp: people,
  claimBearer: ['the owner'],
  showAccount: people,
  signOut: people,
  answerDeviceLogin: people,
  status: operator,
  home: 'public',
  dashboard: 'public',
  dashboardPage: 'public',
  dashboardAsset: 'public',
  listIdentityProviders: 'public',
  signIn: 'public',
  finishSignIn: 'public',
  beginDeviceLogin: 'public',
  redeemDeviceLogin: 'public',
  health: 'public',
  ready: 'public',
  openapi: 'public',
};

/** Routes of one tier: a customer of the other finds nothing there, with whatever token. */
const devRoutes = new Set([
  ...['mint', 'mintWithTtl', 'signLeaf', 'crossSign', 'issueBirthCert', 'showBirthCert', 'listSigningCerts'],
  ...['listPermissions', 'createPermission', 'showPermission', 'setPermissionModes', 'deletePermission'],
  ...['listCredentials', 'createCredential', 'showCredential', 'revokeCredential', 'revoke'],
]);
const freeRoutes = new Set(['freeIssue', 'freeIssueWithTtl', 'freeRevoke']);

/** Ends what others need: tried by its refusals only. */
const spoils = new Set(['signOut']);

const ofDev = new Set<CallerName>([...devMasters, ...credentials]);
/** Customers whose token is known: the operator's routes tell them that it is not enough. */
const withTokens = new Set<CallerName>([...masters, ...credentials]);

type Expected = 'in' | '401 unauthorized' | '403 operator_only' | '404 bad_path';

function expected(id: string, caller: CallerName): Expected {
  const entry = entries[id];
  if (entry === 'public' || entry?.includes(caller)) return 'in';
  if (devRoutes.has(id) && caller === 'a Free master bearer') return '404 bad_path';
  if (freeRoutes.has(id) && ofDev.has(caller)) return '404 bad_path';
  if (entry === operator && withTokens.has(caller)) return '403 operator_only';
  return '401 unauthorized';
}

/** What came of it: whoever was to be refused must have been refused just so. */
function cellOf({ status, body, json }: Answered, wanted: string | undefined): string {
  const isRefusal =
    status === 401 ||
    (status === 403 && body.includes('operator_only')) ||
    (status === 404 && body.includes('bad_path'));
  if (isRefusal) return `${status} ${json().error.code}`;
  // The services behind are fakes, and one of them is not there at all.
  return wanted === 'in' && status !== 500 ? 'in' : String(status);
}

describe('every route, with every credential', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  }, 180_000);
  afterAll(() => stage?.stop());

  const isKnown = ({ path }: { readonly path: string }) => path.startsWith('/pki/');
  const routes = operations.filter((operation) => !isKnown(operation));

  async function send(id: string, caller: CallerName, parameters: Readonly<Record<string, string>> = {}) {
    const operation = operations.find((each) => each.id === id);
    if (operation === undefined) throw new Error(`There is no route ${id}.`);
    const { headers, client, mutualTls } = stage.callers[caller];
    const isOperators = operation.access?.includes('operator') === true;
    const isRivals = caller === "another's master bearer" || caller === "another's credential";
    const handle = isRivals ? 'rival' : isOperators ? 'spare' : 'apexrunner';
    const unknown = '00000000-0000-4000-8000-000000000000';
    const values: Record<string, string> = { handle, ttl: '1h', id: unknown, certId: unknown, ...parameters };
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x');
    const origin = mutualTls === true ? stage.gateway.mutualTlsUrl : stage.gateway.url;
    const { method } = operation;
    return ask(origin ?? '', path, {
      method,
      ...(headers && { headers }),
      ...(client && { client }),
      ...((method === 'POST' || method === 'PUT') && { body: bodies(id) }),
    });
  }

  /** What is refused after the door, so that nothing changes; and what is taken, where that is harmless. */
  function bodies(id: string): object {
    const csr = pemOf('one');
    const { certId } = stage.acme;
    switch (id) {
      case 'mint':
        return { version: 'v1', csr_pems: [csr], ttl: '1h' };
      case 'mintWithTtl':
        return { version: 'v1', csr_pems: [csr] };
      case 'signLeaf':
      case 'crossSign':
        return { version: 'v1', cert_id: certId, csr_pems: [csr], ttl: '1h' };
      case 'freeIssue':
      case 'freeIssueWithTtl':
        return { version: 'v1', csr_pem: csr, ttl: '1h' };
      default:
        return { unknown: true };
    }
  }

  it('has a row for every route', () => {
    expect(routes.map(({ id }) => id).sort()).toEqual(Object.keys(entries).sort());
  });

  it.each(routes.map(({ id }) => id))(
    '%s',
    async (id) => {
      const wanted = Object.fromEntries(callerNames.map((caller) => [caller, expected(id, caller)]));
      const tried = callerNames.filter((caller) => !(spoils.has(id) && wanted[caller] === 'in'));
      const answers = await Promise.all(
        tried.map(async (caller) => [caller, await send(id, caller)] as const),
      );
      const cells = answers.map(([caller, answer]) => [caller, cellOf(answer, wanted[caller])] as const);
      if (entries[id] === 'public') {
        // Whoever comes, it is the same: also where there is nothing.
        expect(new Set(cells.map(([, cell]) => cell)).size).toBe(1);
        return;
      }
      expect(Object.fromEntries(cells)).toEqual(
        Object.fromEntries(tried.map((caller) => [caller, wanted[caller]])),
      );
      // Unknown, expired, revoked, of another kind: one answer, which tells nothing of what there is.
      const refused = answers.filter(([, { status }]) => status === 401);
      expect(new Set(refused.map(([, { json }]) => json().error.message)).size).toBeLessThanOrEqual(1);
    },
    30_000,
  );

  it.each([
    ['signLeaf', 'a sign_leaf credential', 200, undefined],
    ['crossSign', 'a sign_leaf credential', 403, 'mode_not_allowed'],
    ['signLeaf', 'a cross_sign credential', 403, 'mode_not_allowed'],
    ['crossSign', 'a cross_sign credential', 200, undefined],
    ['signLeaf', "another's credential", 403, 'cert_not_allowed'],
    ['crossSign', "another's credential", 403, 'cert_not_allowed'],
    ['freeIssue', 'a Free master bearer', 200, undefined],
    ['mint', 'the birth certificate', 200, undefined],
    ['whoami', 'a cross_sign credential', 200, undefined],
    ['revoke', 'the birth certificate', 400, 'bad_request'],
    ['freeRevoke', 'a Free master bearer', 400, 'bad_request'],
  ] as const)('%s with %s answers %d', async (id, caller, status, code) => {
    const answer = await send(id, caller);
    expect([answer.status, status === 200 ? undefined : answer.json().error.code]).toEqual([status, code]);
  });

  it("shows of another's things no more than of none", async () => {
    const { acme } = stage;
    const told = async (id: string, parameters: Readonly<Record<string, string>>) => {
      const answer = await send(id, "another's master bearer", parameters);
      const { request_id: _, ...error } = answer.json().error;
      return { status: answer.status, ...error };
    };
    for (const [id, name, own] of [
      ['showCredential', 'id', acme.credentialId],
      ['revokeCredential', 'id', acme.credentialId],
      ['showPermission', 'id', acme.permissionId],
      ['deletePermission', 'id', acme.permissionId],
    ] as const) {
      const theirs = await told(id, { [name]: own });
      expect(theirs).toEqual(await told(id, {}));
      expect(theirs.status).toBe(404);
    }
    const revoked = await told('revoke', { handle: 'apexrunner' });
    expect(revoked).toEqual(await told('revoke', { handle: 'nobody-at-all' }));
    expect(revoked.status).toBe(404);
    const minted = await told('mint', { handle: 'apexrunner' });
    expect(minted).toEqual(await told('mint', { handle: 'nobody-at-all' }));
    expect((await send('showCredential', 'the owner', { id: acme.credentialId })).status).toBe(200);
  });
});
