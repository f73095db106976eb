import { create } from '@bufbuild/protobuf';
import type { EntityManager } from 'typeorm';
import { type Authority, AuthoritySchema } from '#libs/contracts';
import type { TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { CustomerRow } from '../customer/customer.entity.js';
import type { CustomerRepository } from '../customer/customer.repository.js';
import { sharedCustomer } from '../customer/shared-customer.js';
import type { TrustArtifactRepository } from '../trust-artifact/trust-artifact.repository.js';
import type { AuthorityRepository } from './authority.repository.js';
import { keyAlgorithmMessage } from './key-algorithm.js';

/** A customer by its UUID or by its handle: the other one is empty. */
export interface CustomerName {
  readonly customerId: string;
  readonly handle: string;
  /** 0 for the newest. */
  readonly generation: number;
}

export interface AuthorityServiceParts {
  readonly scope: TenantScope;
  readonly customers: CustomerRepository;
  readonly authorities: AuthorityRepository;
  readonly artifacts: TrustArtifactRepository;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** What issuers need to sign for a customer, and relying parties to verify. */
export class AuthorityService {
  constructor(private readonly parts: AuthorityServiceParts) {}

  /**
   * The authority that signs for a customer now, or an earlier generation; also of a suspended customer, whose
   * certificates are still verified. Of a Free customer it is the one that all of them share, in its holder's name.
   *
   * @throws DomainError customer_not_found
   * @throws DomainError bad_path for a generation that was never published
   * @throws DomainError customer_not_active before the first ceremony has ended
   */
  async get(name: CustomerName): Promise<Authority> {
    const named = await this.#customer(name);
    const customer =
      named.tier === 'free' ? await this.#customer({ customerId: sharedCustomer.id, handle: '' }) : named;
    if (!customer.activatedAt) {
      throw new DomainError('customer_not_active', `The CA of ${customer.handle} is being provisioned.`);
    }
    return this.parts.scope.run(customer.id, (manager) => this.read(manager, customer, name.generation));
  }

  /** An authority that was published, within a transaction of its customer; generation 0 is the newest. */
  async read(manager: EntityManager, customer: CustomerRow, generation = 0): Promise<Authority> {
    const { artifacts } = this.parts;
    const artifact =
      generation === 0
        ? await artifacts.newest(manager, customer.id)
        : await artifacts.find(manager, customer.id, generation);
    const intermediate = artifact && (await this.#intermediate(manager, customer.id, artifact.generation));
    if (generation !== 0 && customer.activatedAt && !artifact) {
      throw new DomainError('bad_path', `There is no generation ${generation} of this CA.`);
    }
    if (!artifact || !intermediate) {
      throw new DomainError('customer_not_active', `The CA of ${customer.handle} is not published.`);
    }
    const root = await this.parts.authorities.newest(manager, customer.id, 'root');
    return create(AuthoritySchema, {
      caId: intermediate.id,
      customerId: customer.id,
      handle: customer.handle,
      keyRef: intermediate.keyRef,
      algorithm: keyAlgorithmMessage(intermediate.algorithm),
      intermediateDer: artifact.intermediate,
      rootDer: artifact.root,
      generation: artifact.generation,
      rootId: root?.id ?? '',
      crlShards: customer.crlShards,
    });
  }

  #intermediate(manager: EntityManager, customerId: string, generation: number) {
    return this.parts.authorities.find(manager, { customerId, kind: 'intermediate', generation });
  }

  async #customer({ customerId, handle }: Omit<CustomerName, 'generation'>): Promise<CustomerRow> {
    const { scope, customers } = this.parts;
    if ((customerId === '') === (handle === '')) {
      throw new DomainError('bad_request', 'Name a customer by its id or by its handle.');
    }
    const found = handle
      ? await scope.everyCustomer((manager) => customers.byHandle(manager, handle))
      : uuid.test(customerId) &&
        (await scope.run(customerId, (manager) => customers.byId(manager, customerId)));
    if (!found) throw new DomainError('customer_not_found', 'There is no such customer.');
    return found;
  }
}
