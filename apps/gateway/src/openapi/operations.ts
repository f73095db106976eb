import { accountOperations } from '../account/account.operations.js';
import { auditOperations } from '../audit/audit.operations.js';
import { birthCertOperations } from '../birth-cert/birth-cert.operations.js';
import { ceremonyOperations } from '../ceremony/ceremony.operations.js';
import { credentialOperations } from '../credential/credential.operations.js';
import { customerOperations } from '../customer/customer.operations.js';
import { deviceOperations } from '../device/device.operations.js';
import { freeOperations } from '../free/free.operations.js';
import { meteringOperations } from '../metering/metering.operations.js';
import { mintOperations } from '../mint/mint.operations.js';
import { pagesOperations } from '../pages/pages.operations.js';
import { pkiOperations } from '../pki/pki.operations.js';
import { revocationOperations } from '../revocation/revocation.operations.js';
import { scopedMintOperations } from '../scoped-mint/scoped-mint.operations.js';
import { signInOperations } from '../sign-in/sign-in.operations.js';
import { signUpOperations } from '../sign-up/sign-up.operations.js';
import { statusOperations } from '../status/status.operations.js';
import type { Operation } from './operation.js';

/** Every route of the gateway. */
export const operations: readonly Operation[] = [
  ...mintOperations,
  ...scopedMintOperations,
  ...freeOperations,
  ...revocationOperations,
  ...pkiOperations,
  ...accountOperations,
  ...credentialOperations,
  ...customerOperations,
  ...birthCertOperations,
  ...auditOperations,
  ...meteringOperations,
  ...signInOperations,
  ...signUpOperations,
  ...deviceOperations,
  ...pagesOperations,
  ...ceremonyOperations,
  ...statusOperations,
];
