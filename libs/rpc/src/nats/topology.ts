import type { DescService } from '@bufbuild/protobuf';
import {
  AuditService,
  BillingService,
  IssuerService,
  MeteringService,
  ProvisionerService,
  RevocationService,
  UsageService,
} from '#libs/contracts';
import { events } from '../events.js';

/** What one service may do over NATS; anything else, NATS refuses. Any service may follow any event. */
export interface Role {
  readonly serves: readonly DescService[];
  readonly calls: readonly DescService[];
  /** Event types: an event has one owner, and nobody else can publish it. */
  readonly publishes: readonly string[];
}

/** The product's services by name, which is also the name of their NATS user. */
export const topology = {
  gateway: {
    serves: [],
    calls: [
      IssuerService,
      ProvisionerService,
      RevocationService,
      BillingService,
      AuditService,
      MeteringService,
    ],
    publishes: [events.credentialChanged.type, events.audited.type],
  },
  issuer: {
    serves: [IssuerService, UsageService],
    calls: [ProvisionerService, BillingService],
    publishes: [events.issued.type],
  },
  provisioner: {
    serves: [ProvisionerService],
    calls: [],
    publishes: [events.customerChanged.type, events.caActivated.type, events.caRetired.type],
  },
  revocation: {
    serves: [RevocationService],
    calls: [IssuerService, ProvisionerService],
    publishes: [events.revoked.type, events.crlGenerated.type, events.bulkRevocationStarted.type],
  },
  billing: {
    serves: [BillingService, AuditService, MeteringService],
    calls: [ProvisionerService, UsageService],
    publishes: [events.entitlementChanged.type],
  },
} as const satisfies Record<string, Role>;

export type NatsUser = keyof typeof topology;
export const natsUsers = Object.keys(topology) as readonly NatsUser[];
