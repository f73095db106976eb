import { ceremonyOperations } from '../ceremony/ceremony.operations.js';
import { customerOperations } from '../customer/customer.operations.js';
import { mintOperations } from '../mint/mint.operations.js';
import { pkiOperations } from '../pki/pki.operations.js';
import { revocationOperations } from '../revocation/revocation.operations.js';
import { statusOperations } from '../status/status.operations.js';
import type { Operation } from './operation.js';

/** Every route of the gateway. */
export const operations: readonly Operation[] = [
  ...mintOperations,
  ...revocationOperations,
  ...pkiOperations,
  ...customerOperations,
  ...ceremonyOperations,
  ...statusOperations,
];
