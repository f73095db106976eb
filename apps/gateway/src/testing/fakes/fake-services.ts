import { Module } from '@nestjs/common';
import { IssuerService, ProvisionerService } from '#libs/contracts';
import { restOf } from '#libs/testing';
import { FakeAudit, FakeBilling, FakeMetering } from './fake-billing.js';
import { FakeIssuer } from './fake-issuer.js';
import { FakeCeremonies, FakeProvisioner } from './fake-provisioner.js';
import { FakeRevocation, FakeRevocationOperations } from './fake-revocation.js';

@Module({})
export class FakeServicesModule {}

/** The services behind the gateway; what no test asks of one, restOf answers. */
export const fakeControllers = [
  ...[FakeAudit, FakeMetering],
  ...[FakeIssuer, restOf(IssuerService, FakeIssuer)],
  ...[FakeProvisioner, FakeCeremonies, restOf(ProvisionerService, FakeProvisioner, FakeCeremonies)],
  ...[FakeRevocation, FakeRevocationOperations],
  FakeBilling,
];
