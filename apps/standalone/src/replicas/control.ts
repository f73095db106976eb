import type { GatewayConfig, IssuerConfig, ProvisionerConfig } from '#libs/config';
import type { MainMessage, ReplicaMessage } from '#libs/rpc';

/** What a replica needs to know to serve. */
export interface ReplicaSettings {
  /** From 2: the main process is the first. */
  readonly number: number;
  readonly gateway: GatewayConfig;
  readonly issuer: IssuerConfig;
  readonly provisioner: ProvisionerConfig;
  readonly logLevel: string;
}

/** From the main process; `listen` comes with the listener that the replica shares. */
export type ToReplica =
  | { readonly kind: 'start'; readonly settings: ReplicaSettings }
  | { readonly kind: 'listen' }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'rpc'; readonly message: MainMessage };

export type FromReplica =
  | { readonly kind: 'started' }
  | { readonly kind: 'listening' }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string }
  | { readonly kind: 'rpc'; readonly message: ReplicaMessage };
