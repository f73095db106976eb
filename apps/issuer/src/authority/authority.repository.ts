import type { EntityManager } from 'typeorm';
import type { Authority, CaRetired, Customer } from '#libs/contracts';
import type { TenantScope } from '#libs/database';
import { AuthorityEntity, type AuthorityRow } from './authority.entity.js';
import { CustomerEntity, type CustomerRow } from './customer.entity.js';

/** What the issuer has been told of one customer. */
export interface KnownCustomer {
  readonly customer: CustomerRow | undefined;
  /** The newest intermediate that is not retired. */
  readonly authority: AuthorityRow | undefined;
}

/**
 * The issuer's own copy of customers and intermediates. Events arrive at least once and in any order: of a
 * customer the highest version stays, and what is retired stays retired.
 */
export class AuthorityRepository {
  constructor(private readonly scope: TenantScope) {}

  async find(customerId: string): Promise<KnownCustomer> {
    const known = await this.scope.run(customerId, async (manager) => {
      const customer = await manager.findOneBy(CustomerEntity, { customerId });
      return { customer: customer ?? undefined, authority: await newest(manager, customerId) };
    });
    const owner = known.customer?.caCustomerId ?? customerId;
    if (owner === customerId) return known;
    const authority = await this.scope.run(owner, (manager) => newest(manager, owner));
    return { customer: known.customer, authority };
  }

  /** Also one that is retired: what it issued is still handed out with its chain. */
  async findByCa(customerId: string, caId: string): Promise<AuthorityRow | undefined> {
    const found = await this.scope.run(customerId, (manager) =>
      manager.findOneBy(AuthorityEntity, { customerId, caId }),
    );
    return found ?? undefined;
  }

  async keepCustomer({ id, handle, status, caCustomerId, version }: Customer): Promise<void> {
    await this.scope.run(id, (manager) =>
      manager.query(
        `INSERT INTO issuer.customer AS known (customer_id, handle, status, ca_customer_id, version)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id) DO UPDATE
           SET handle = excluded.handle, status = excluded.status, ca_customer_id = excluded.ca_customer_id,
             version = excluded.version
           WHERE known.version < excluded.version`,
        [id, handle, status, caCustomerId || null, version],
      ),
    );
  }

  async keepAuthority(authority: Authority): Promise<void> {
    await this.scope.run(authority.customerId, (manager) =>
      manager.query(
        `INSERT INTO issuer.authority
           (ca_id, customer_id, handle, key_ref, algorithm, intermediate_der, root_der, generation, crl_shards)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (ca_id) DO UPDATE SET handle = excluded.handle, key_ref = excluded.key_ref,
           algorithm = excluded.algorithm, intermediate_der = excluded.intermediate_der,
           root_der = excluded.root_der, generation = excluded.generation`,
        [
          authority.caId,
          authority.customerId,
          authority.handle,
          authority.keyRef,
          authority.algorithm,
          Buffer.from(authority.intermediateDer),
          Buffer.from(authority.rootDer),
          authority.generation,
          Math.max(1, authority.crlShards),
        ],
      ),
    );
  }

  async retire({ caId, customerId }: CaRetired): Promise<void> {
    await this.scope.run(customerId, (manager) =>
      manager.query(
        `INSERT INTO issuer.authority (ca_id, customer_id, retired) VALUES ($1, $2, true)
         ON CONFLICT (ca_id) DO UPDATE SET retired = true`,
        [caId, customerId],
      ),
    );
  }
}

/** Within a transaction as the customer that owns it. */
async function newest(manager: EntityManager, customerId: string): Promise<AuthorityRow | undefined> {
  const found = await manager.findOne(AuthorityEntity, {
    where: { customerId, retired: false },
    order: { generation: 'DESC' },
  });
  return found ?? undefined;
}
