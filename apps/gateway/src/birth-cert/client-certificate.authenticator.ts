import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import type { Clock } from '#libs/service';
import { sha256Hex } from '#libs/x509';
import { refused } from '../auth/bearer.authenticator.js';
import type {
  CertificatePrincipal,
  CustomerStanding,
  CustomerTier,
  PrincipalKind,
} from '../auth/principal.js';
import type { RequestWitness } from '../auth/request.authenticator.js';
import type { ClientCertificateCache } from './client-certificate.cache.js';
import type { RevocationWatch } from './revocation-watch.js';

interface Row {
  readonly customer_id: string;
  readonly handle: string;
  readonly status: CustomerStanding;
  readonly tier: CustomerTier;
  readonly serial: Buffer;
  readonly expires_at: Date;
}

/**
 * Finds out whom a client certificate stands for. TLS has proved possession of its key (RFC 8446 §4.4.3, RFC 5246
 * §7.4.8); which certificate it is, its SHA-256 tells: only a customer's current birth certificate is anybody.
 */
export class ClientCertificateAuthenticator implements RequestWitness {
  readonly kinds: readonly PrincipalKind[] = ['certificate'];
  private readonly fingerprints = new WeakMap<TLSSocket, string>();

  constructor(
    private readonly cache: ClientCertificateCache,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly watch: Pick<RevocationWatch, 'isRevoked'>,
  ) {}

  witness({ raw }: FastifyRequest): Promise<CertificatePrincipal> | undefined {
    return this.authenticate(raw);
  }

  /**
   * @returns undefined for a connection without a client certificate
   * @throws DomainError unauthorized for any certificate but a customer's birth certificate that is neither revoked nor
   *   expired nor replaced; storage_unavailable; service_unavailable when nobody can say whether it is revoked
   */
  authenticate({ socket }: IncomingMessage): Promise<CertificatePrincipal> | undefined {
    const fingerprint = socket instanceof TLSSocket ? this.fingerprintOf(socket) : undefined;
    return fingerprint === undefined ? undefined : this.recognise(fingerprint);
  }

  private async recognise(fingerprint: string): Promise<CertificatePrincipal> {
    const remembered = this.cache.get(fingerprint);
    const found = remembered === undefined ? await this.lookUp(fingerprint) : remembered.principal;
    if (found === undefined || found.expiresAt <= this.clock.now()) throw refused();
    if (await this.watch.isRevoked(found)) throw refused();
    return found;
  }

  private async lookUp(fingerprint: string) {
    const { mark } = this.cache;
    try {
      const rows: Row[] = await this.dataSource.query('SELECT * FROM gateway.find_birth_cert($1, $2)', [
        Buffer.from(fingerprint, 'hex'),
        new Date(this.clock.now()),
      ]);
      const [row] = rows;
      const principal = row && {
        kind: 'certificate' as const,
        ...{
          customerId: row.customer_id,
          handle: row.handle,
          status: row.status,
          tier: row.tier,
          fingerprint,
        },
        serial: row.serial,
        expiresAt: row.expires_at.getTime(),
      };
      this.cache.put(fingerprint, principal, mark);
      return principal;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** A connection has one certificate as long as it lives: the listener neither resumes sessions nor renegotiates. */
  private fingerprintOf(socket: TLSSocket): string | undefined {
    const known = this.fingerprints.get(socket);
    if (known !== undefined) return known;
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return undefined;
    const fingerprint = sha256Hex(certificate.raw);
    this.fingerprints.set(socket, fingerprint);
    return fingerprint;
  }
}
