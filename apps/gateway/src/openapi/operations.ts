import { auditOperations } from '../audit/audit.operations.js';
import { customerOperations } from '../customer/customer.operations.js';
import { deviceOperations } from '../device/device.operations.js';
import { mintOperations } from '../mint/mint.operations.js';
import { pagesOperations } from '../pages/pages.operations.js';
import { pkiOperations } from '../pki/pki.operations.js';
import { signInOperations } from '../sign-in/sign-in.operations.js';
import { signUpOperations } from '../sign-up/sign-up.operations.js';
import { statusOperations } from '../status/status.operations.js';
import type { Operation } from './operation.js';

/** Every route of the gateway. */
export const operations: readonly Operation[] = [
  ...mintOperations,
  ...pkiOperations,
  ...customerOperations,
  ...auditOperations,
  ...signInOperations,
  ...signUpOperations,
  ...deviceOperations,
  ...pagesOperations,
  ...statusOperations,
];
