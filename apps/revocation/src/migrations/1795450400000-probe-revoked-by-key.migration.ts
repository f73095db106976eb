import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A plan that was made while the table was all but empty reads it from end to end, for each certificate of a bulk
 * revocation again, until statistics are taken: its time would grow with the square of their number.
 */
export class ProbeRevokedByKey1795450400000 implements MigrationInterface {
  name = 'ProbeRevokedByKey1795450400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER FUNCTION revocation.append_journal SET enable_seqscan = off');
    await queryRunner.query('ALTER FUNCTION revocation.replay_journal SET enable_seqscan = off');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER FUNCTION revocation.append_journal RESET enable_seqscan');
    await queryRunner.query('ALTER FUNCTION revocation.replay_journal RESET enable_seqscan');
  }
}
