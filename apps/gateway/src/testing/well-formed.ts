import { openssl } from '#libs/testing';
import { csrFromPem, parseCsr, pemEncode } from '#libs/x509';
import type { Operation } from '../openapi/operation.js';
import type { CallerName, Stage } from './callers.js';
import { pemOf } from './gateway-under-test.js';
import type { Ask } from './http-client.js';

/** A request: what is in the path, and all else. */
export interface Wish extends Ask {
  readonly parameters?: Readonly<Record<string, string>>;
}

const csr = pemOf('one');
const certificatePem = pemEncode('CERTIFICATE', Buffer.from('a certificate'));
const minting = { version: 'v1', csr_pems: [csr, pemOf('two')], ttl: '7d' };
const freeIssuing = { version: 'v1', csr_pem: csr, ttl: '7d' };
const modes = ['sign_leaf'] as const;

/** Bodies that are well, where nothing has to be there before. */
const bodies: Readonly<Record<string, object>> = {
  mint: minting,
  mintWithTtl: minting,
  freeIssue: freeIssuing,
  freeIssueWithTtl: freeIssuing,
  revoke: { serial: 'ab' },
  freeRevoke: { serial: 'ab' },
  revokeFor: { serials: ['ab'] },
  reconcile: { serials: [] },
  bulkRevoke: { criteria: { ttl: '7d' } },
  setLimits: { per_minute: 5 },
  setPlan: { plan: 'free' },
  createCredential: { modes },
  seedCredential: { modes },
  setPermissionModes: { modes },
  reconcileUsage: {},
  rotateCa: {},
  importCa: { certificates_pem: certificatePem.repeat(2) },
};

/** Who comes to a route that others than the master bearer have, too. */
export function callerOf({ id, access, tier }: Operation): CallerName {
  if (access === undefined) return 'nobody';
  if (access.includes('operator')) return 'the operator';
  if (access.includes('bearer')) return tier === 'free' ? 'a Free master bearer' : 'the master bearer';
  if (access.includes('credential'))
    return id === 'crossSign' ? 'a cross_sign credential' : 'a sign_leaf credential';
  return 'the owner';
}

/** Makes requests that are answered well, and what they need before. */
export class WellFormed {
  private count = 0;

  constructor(private readonly stage: Stage) {}

  async of(operation: Operation): Promise<Wish> {
    const { id, method } = operation;
    const { headers = {} } = this.stage.callers[callerOf(operation)];
    const body = bodies[id];
    const usual: Wish = { method, headers, ...(body && { body }) };
    this.count += 1;
    switch (id) {
      case 'signLeaf':
      case 'crossSign':
        return { ...usual, body: { ...minting, cert_id: this.stage.acme.certId } };
      case 'createCustomer':
        return { ...usual, body: { handle: `new-${this.count}` } };
      case 'createPermission':
        return { ...usual, body: { label: `pipeline-${this.count}`, modes } };
      case 'showPermission':
      case 'deletePermission':
      case 'setPermissionModes':
        return { ...usual, parameters: { id: await this.permission(), certId: this.stage.acme.certId } };
      case 'showCredential':
      case 'revokeCredential':
        return { ...usual, parameters: { id: await this.credential('apexrunner') } };
      case 'revokeCustomerCredential':
        return { ...usual, parameters: { id: await this.credential('spare') } };
      case 'setPlan':
        return { ...usual, parameters: { handle: 'fred' } };
      case 'issueBirthCert':
        await this.resetBirthCert();
        return { ...usual, body: await birthCertOrder() };
      case 'showBirthCert':
        await this.birthCert();
        return usual;
      case 'signUp':
        return {
          ...usual,
          headers: await this.stage.newcomer(),
          body: { handle: `young-${this.count}`, tier: 'free' },
        };
      case 'claimBearer':
        return { ...usual, headers: await this.newOwner() };
      case 'signOut':
        return { ...usual, headers: await this.stage.newcomer() };
      case 'answerDeviceLogin':
        return { ...usual, body: { user_code: (await this.device()).user_code, approve: true } };
      case 'redeemDeviceLogin':
        return { ...usual, body: { device_code: (await this.device()).device_code } };
      default:
        return usual;
    }
  }

  private async permission(): Promise<string> {
    const { gateway, callers } = this.stage;
    const headers = callers['the master bearer'].headers ?? {};
    const body = { label: `made-${this.count}`, modes };
    return (await gateway.ask('/v1/permissions', { headers, body })).json<{ permission_id: string }>()
      .permission_id;
  }

  private async credential(handle: string): Promise<string> {
    const path = `/v1/admin/customers/${handle}/credentials`;
    const made = await this.stage.gateway.operate(path, { body: { modes } });
    return made.json<{ credential_id: string }>().credential_id;
  }

  private resetBirthCert() {
    const path = '/v1/admin/customers/apexrunner/reset-birth-cert';
    return this.stage.gateway.operate(path, { method: 'POST' });
  }

  private async birthCert(): Promise<void> {
    await this.resetBirthCert();
    const headers = this.stage.callers['the owner'].headers ?? {};
    await this.stage.gateway.ask('/v1/birth-cert', { headers, body: await birthCertOrder() });
  }

  private async newOwner(): Promise<Record<string, string>> {
    const headers = await this.stage.newcomer();
    await this.stage.gateway.ask('/v1/signup', {
      headers,
      body: { handle: `owner-${this.count}`, tier: 'free' },
    });
    return headers;
  }

  private async device() {
    const begun = await this.stage.gateway.ask('/v1/device', { method: 'POST' });
    return begun.json<{ user_code: string; device_code: string }>();
  }
}

async function birthCertOrder(): Promise<object> {
  const { csrPem } = await openssl.csr({ key: 'P-256' });
  const { der } = parseCsr(csrFromPem(csrPem)).spki;
  return { spki: Buffer.from(der).toString('base64'), csr_pem: csrPem };
}
