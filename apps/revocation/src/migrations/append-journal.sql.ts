/**
 * What the hash of an entry covers: the hash before it (32 zero octets before the first entry), then every
 * column in a form without ambiguity: integers big-endian in fixed width, times as microseconds since 1970,
 * variable octets after their length, an absent value as its smallest number. `journal-chain.ts` computes the
 * same without PostgreSQL.
 */
export const createJournalHash = `
CREATE FUNCTION revocation.journal_hash(previous bytea, entry revocation.journal) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT sha256(
    previous || uuid_send(entry.customer_id) || int8send(entry.sequence) || uuid_send(entry.ca_id)
    || int4send(octet_length(entry.serial)) || entry.serial || int2send(entry.reason)
    || int8send((extract(epoch FROM entry.recorded_at) * 1000000)::bigint)
    || int8send(coalesce((extract(epoch FROM entry.invalidity_date) * 1000000)::bigint, -9223372036854775808))
    || int8send((extract(epoch FROM entry.expires_at) * 1000000)::bigint)
    || int2send(entry.actor_kind)
    || int4send(octet_length(convert_to(entry.actor_id, 'UTF8'))) || convert_to(entry.actor_id, 'UTF8')
    || uuid_send(coalesce(entry.job_id, '00000000-0000-0000-0000-000000000000'))
  )
$$;
`;

/**
 * The one writer of the journal and of what follows from it. Entries of a customer are added one call after
 * the other, under the lock of its head, so that their numbers have no gaps and become visible in order.
 *
 * Of each certificate the first revocation stands: its time and its reason. Only a hold (6) can change: it
 * becomes final and keeps its time, or it is lifted (8) and the certificate is good again. `not_on_hold` is the
 * outcome of lifting what is revoked for good; lifting what is good changes nothing.
 *
 * Time never runs backwards within a journal: a replica whose clock is behind takes the time of the last entry.
 * Followers are told by the channel `revocation_journal`, with the customer as the payload.
 */
export const createAppendJournal = `
CREATE FUNCTION revocation.append_journal(
  p_now timestamptz, p_customer uuid, p_reason smallint, p_invalidity timestamptz,
  p_actor_kind smallint, p_actor_id text, p_job uuid,
  p_ca uuid[], p_serial bytea[], p_expires_at timestamptz[]
) RETURNS TABLE (
  outcome text, revoked_at timestamptz, reason smallint, invalidity_date timestamptz, sequence bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  head revocation.journal_head;
  entry revocation.journal;
  state revocation.revoked;
  is_revoked boolean;
  before bigint;
BEGIN
  INSERT INTO revocation.journal_head AS h (customer_id, sequence, hash, changed_at)
    VALUES (p_customer, 0, decode(repeat('00', 32), 'hex'), p_now) ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM revocation.journal_head h WHERE h.customer_id = p_customer FOR NO KEY UPDATE;
  before := head.sequence;
  entry.customer_id := p_customer;
  entry.reason := p_reason;
  SELECT greatest(p_now, max(j.recorded_at)) INTO entry.recorded_at
    FROM revocation.journal j WHERE j.customer_id = p_customer AND j.sequence = head.sequence;
  entry.invalidity_date := p_invalidity;
  entry.actor_kind := p_actor_kind;
  entry.actor_id := p_actor_id;
  entry.job_id := p_job;

  FOR i IN 1..cardinality(p_serial) LOOP
    SELECT * INTO state FROM revocation.revoked r WHERE r.ca_id = p_ca[i] AND r.serial = p_serial[i];
    is_revoked := FOUND;
    outcome := CASE
      WHEN NOT is_revoked AND p_reason = 8 THEN 'unchanged'
      WHEN NOT is_revoked THEN 'changed'
      WHEN state.reason = 6 AND p_reason <> 6 THEN 'changed'
      WHEN p_reason = 8 THEN 'not_on_hold'
      ELSE 'unchanged' END;

    IF outcome = 'changed' THEN
      head.sequence := head.sequence + 1;
      entry.sequence := head.sequence;
      entry.ca_id := p_ca[i];
      entry.serial := p_serial[i];
      entry.expires_at := p_expires_at[i];
      entry.hash := revocation.journal_hash(head.hash, entry);
      head.hash := entry.hash;
      INSERT INTO revocation.journal SELECT entry.*;
      IF p_reason = 8 THEN
        DELETE FROM revocation.revoked r WHERE r.ca_id = p_ca[i] AND r.serial = p_serial[i];
        is_revoked := false;
      ELSIF is_revoked THEN
        UPDATE revocation.revoked r SET reason = p_reason, invalidity_date = p_invalidity, sequence = entry.sequence
          WHERE r.ca_id = p_ca[i] AND r.serial = p_serial[i] RETURNING * INTO state;
      ELSE
        INSERT INTO revocation.revoked AS r
          (ca_id, serial, customer_id, revoked_at, reason, invalidity_date, expires_at, sequence)
          VALUES (p_ca[i], p_serial[i], p_customer, entry.recorded_at, p_reason, p_invalidity, p_expires_at[i], entry.sequence)
          RETURNING * INTO state;
        is_revoked := true;
      END IF;
    END IF;

    sequence := CASE WHEN outcome = 'changed' THEN entry.sequence END;
    revoked_at := CASE WHEN is_revoked THEN state.revoked_at END;
    reason := CASE WHEN is_revoked THEN state.reason END;
    invalidity_date := CASE WHEN is_revoked THEN state.invalidity_date END;
    RETURN NEXT;
  END LOOP;

  IF head.sequence > before THEN
    UPDATE revocation.journal_head h SET sequence = head.sequence, hash = head.hash, changed_at = clock_timestamp()
      WHERE h.customer_id = p_customer;
    PERFORM pg_notify('revocation_journal', p_customer::text);
  END IF;
END
$$;
`;
