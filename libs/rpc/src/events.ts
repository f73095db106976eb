import type { DescMessage } from '@bufbuild/protobuf';
import {
  AuditedSchema,
  BulkRevocationStartedSchema,
  CaActivatedSchema,
  CaRetiredSchema,
  CredentialChangedSchema,
  CrlGeneratedSchema,
  CustomerChangedSchema,
  EntitlementChangedSchema,
  IssuedSchema,
  RevokedSchema,
} from '#libs/contracts';
import type { EventDescriptor } from './event-bus.js';

/** Every event of the product (docs/grpc-over-nats.md, events). */
export const events = {
  issued: { type: 'issued', schema: IssuedSchema },
  bulkRevocationStarted: { type: 'revocation.bulk', schema: BulkRevocationStartedSchema },
  revoked: { type: 'revoked', schema: RevokedSchema },
  crlGenerated: { type: 'crl.generated', schema: CrlGeneratedSchema },
  customerChanged: { type: 'customer.changed', schema: CustomerChangedSchema },
  caActivated: { type: 'ca.activated', schema: CaActivatedSchema },
  caRetired: { type: 'ca.retired', schema: CaRetiredSchema },
  entitlementChanged: { type: 'entitlement.changed', schema: EntitlementChangedSchema },
  audited: { type: 'audited', schema: AuditedSchema },
  credentialChanged: { type: 'credential.changed', schema: CredentialChangedSchema },
} as const satisfies Record<string, { type: EventDescriptor['type']; schema: DescMessage }>;
