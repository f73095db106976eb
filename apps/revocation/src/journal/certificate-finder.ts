import type { IssuerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type CallContext, type Client, callFrom } from '#libs/rpc';
import type { Clock } from '#libs/service';
import {
  hexOf,
  type IssuedSerial,
  type IssuedSerialRepository,
} from '../serial-status/issued-serial.repository.js';
import type { IssuedAuthorityRepository } from './issued-authority.repository.js';
import type { CertificateName, RevokedState } from './journal-entry.js';

export interface CertificateFinderParts {
  readonly serials: Pick<IssuedSerialRepository, 'find' | 'revokedState' | 'subscriberOf'>;
  readonly authorities: Pick<IssuedAuthorityRepository, 'find'>;
  readonly partitions: { readonly firstDay: string };
  readonly issuer: Pick<Client<typeof IssuerService>, 'getCertificate'>;
  readonly clock: Clock;
}

/** A certificate, and whether its issuing is recorded here. */
export interface FoundCertificate extends IssuedSerial {
  readonly isRecorded: boolean;
}

/** Finds the certificates of a customer by their serial numbers, also those that were issued this moment. */
export class CertificateFinder {
  constructor(private readonly parts: CertificateFinderParts) {}

  /**
   * @param serials as `canonicalSerial` gives them
   * @returns in the same order; undefined for one that this customer does not have
   * @throws DomainError when one is not recorded here and the issuer cannot be asked
   */
  async findAll(
    customerId: string,
    serials: readonly Uint8Array[],
    context: CallContext,
  ): Promise<(FoundCertificate | undefined)[]> {
    const recorded = await this.recorded(customerId, serials);
    return Promise.all(
      serials.map(async (serial) => {
        const found = recorded.get(hexOf(serial));
        if (found) return { ...found, isRecorded: true };
        return this.#unrecorded(customerId, serial, context);
      }),
    );
  }

  /**
   * A certificate by its CA, also where that is held by somebody else than the customer whose certificate it is.
   *
   * @throws DomainError as `findAll` does
   */
  async findOf(
    { caId, customerId }: { readonly caId: string; readonly customerId: string },
    serial: Uint8Array,
    context: CallContext,
  ): Promise<FoundCertificate | undefined> {
    const { serials, partitions, clock } = this.parts;
    // Nearly every CA issues to its holder alone: who else it may be is asked last, for it takes every day there is.
    const own = (await this.recorded(customerId, [serial])).get(hexOf(serial));
    if (own?.caId === caId) return { ...own, isRecorded: true };
    const span = { now: clock.now(), firstDay: partitions.firstDay };
    const subscriber = await serials.subscriberOf(caId, serial, span);
    const found =
      subscriber === undefined || subscriber === customerId
        ? await this.#unrecorded(customerId, serial, context)
        : (await this.findAll(subscriber, [serial], context))[0];
    return found?.caId === caId ? found : undefined;
  }

  /** How a certificate stands that the journal names. */
  revokedState(
    customerId: string,
    name: Pick<CertificateName, 'caId' | 'serial'>,
  ): Promise<RevokedState | undefined> {
    return this.parts.serials.revokedState(customerId, name);
  }

  /** Those whose issuing is recorded here, by the hexadecimal form of their serial numbers. */
  recorded(customerId: string, serials: readonly Uint8Array[]): Promise<Map<string, IssuedSerial>> {
    const { serials: repository, partitions, clock } = this.parts;
    return repository.find({ customerId, serials, now: clock.now(), firstDay: partitions.firstDay });
  }

  async #unrecorded(
    customerId: string,
    serial: Uint8Array,
    context: CallContext,
  ): Promise<FoundCertificate | undefined> {
    return (await this.#authority(customerId, serial)) ?? this.#minted(customerId, serial, context);
  }

  /** A CA certificate was not minted: nobody's credential stands for it. */
  async #authority(customerId: string, serial: Uint8Array): Promise<FoundCertificate | undefined> {
    const name = await this.parts.authorities.find(customerId, serial);
    if (name === undefined) return undefined;
    const revoked = await this.parts.serials.revokedState(customerId, name);
    return { ...name, credentialId: undefined, revoked, isRecorded: true };
  }

  /** A certificate may be asked for before its event has come here; its issuer knows it already. */
  async #minted(
    customerId: string,
    serial: Uint8Array,
    context: CallContext,
  ): Promise<FoundCertificate | undefined> {
    const { issuer, serials } = this.parts;
    try {
      const answer = await issuer.getCertificate({ customerId, serial }, callFrom(context));
      if (answer.certificate === undefined) return undefined;
      const name = { caId: answer.caId, serial, expiresAt: Number(answer.certificate.notAfter) * 1000 };
      const revoked = await serials.revokedState(customerId, name);
      return { ...name, credentialId: undefined, revoked, isRecorded: false };
    } catch (error) {
      if (DomainError.from(error).code === 'serial_not_found') return undefined;
      throw error;
    }
  }
}
