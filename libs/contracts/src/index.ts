export * from './gen/stackrunner/billing/v1/billing_pb.js';
export * from './gen/stackrunner/error/v1/error_pb.js';
export * from './gen/stackrunner/event/v1/event_pb.js';
export * from './gen/stackrunner/issuer/v1/issuer_pb.js';
export * from './gen/stackrunner/provisioner/v1/ceremony_pb.js';
export * from './gen/stackrunner/provisioner/v1/provisioner_pb.js';
export * from './gen/stackrunner/revocation/v1/revocation_pb.js';
