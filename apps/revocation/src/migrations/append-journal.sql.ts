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

/** Adds one entry that was decided on, and what follows from it: how the certificate stands now, or NULL. */
export const createApplyEntry = `
CREATE FUNCTION revocation.apply_entry(entry revocation.journal) RETURNS revocation.revoked
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  state revocation.revoked;
BEGIN
  INSERT INTO revocation.journal SELECT entry.*;
  IF entry.reason = 8 THEN
    DELETE FROM revocation.revoked r WHERE r.ca_id = entry.ca_id AND r.serial = entry.serial;
  ELSE
    INSERT INTO revocation.revoked AS r
      (ca_id, serial, customer_id, revoked_at, reason, invalidity_date, expires_at, sequence)
    VALUES (entry.ca_id, entry.serial, entry.customer_id, entry.recorded_at, entry.reason, entry.invalidity_date,
      entry.expires_at, entry.sequence)
    ON CONFLICT (ca_id, serial) DO UPDATE SET
      reason = excluded.reason, invalidity_date = excluded.invalidity_date, sequence = excluded.sequence
    RETURNING * INTO state;
  END IF;
  RETURN state;
END
$$;
`;

/** The head of a customer's journal, locked until the transaction ends; made when there is none. */
export const createLockHead = `
CREATE FUNCTION revocation.lock_head(p_customer uuid, p_now timestamptz) RETURNS revocation.journal_head
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  head revocation.journal_head;
BEGIN
  SELECT * INTO head FROM revocation.journal_head h WHERE h.customer_id = p_customer FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    INSERT INTO revocation.journal_head (customer_id, sequence, hash, changed_at)
      VALUES (p_customer, 0, decode(repeat('00', 32), 'hex'), p_now) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM revocation.journal_head h WHERE h.customer_id = p_customer FOR NO KEY UPDATE;
  END IF;
  RETURN head;
END
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
  head revocation.journal_head := revocation.lock_head(p_customer, p_now);
  before CONSTANT bigint := head.sequence;
  entry revocation.journal;
  state revocation.revoked;
BEGIN
  entry.customer_id := p_customer;
  entry.reason := p_reason;
  SELECT greatest(p_now, max(j.recorded_at)) INTO entry.recorded_at
    FROM revocation.journal j WHERE j.customer_id = p_customer AND j.sequence = before;
  entry.invalidity_date := p_invalidity;
  entry.actor_kind := p_actor_kind;
  entry.actor_id := p_actor_id;
  entry.job_id := p_job;

  FOR i IN 1..cardinality(p_serial) LOOP
    SELECT * INTO state FROM revocation.revoked r WHERE r.ca_id = p_ca[i] AND r.serial = p_serial[i];
    outcome := CASE
      WHEN state.serial IS NULL AND p_reason = 8 THEN 'unchanged'
      WHEN state.serial IS NULL THEN 'changed'
      WHEN state.reason = 6 AND p_reason <> 6 THEN 'changed'
      WHEN p_reason = 8 THEN 'not_on_hold'
      ELSE 'unchanged' END;
    sequence := NULL;
    IF outcome = 'changed' THEN
      head.sequence := head.sequence + 1;
      entry.sequence := head.sequence;
      entry.ca_id := p_ca[i];
      entry.serial := p_serial[i];
      entry.expires_at := p_expires_at[i];
      entry.hash := revocation.journal_hash(head.hash, entry);
      head.hash := entry.hash;
      state := revocation.apply_entry(entry);
      sequence := entry.sequence;
    END IF;
    revoked_at := state.revoked_at;
    reason := state.reason;
    invalidity_date := state.invalidity_date;
    RETURN NEXT;
  END LOOP;

  IF head.sequence > before THEN
    UPDATE revocation.journal_head h SET sequence = head.sequence, hash = head.hash, changed_at = clock_timestamp()
      WHERE h.customer_id = p_customer;
  END IF;
END
$$;
`;

/**
 * Adds entries that the database had before it was restored from an older backup, exactly as they were. Those
 * that it has are left out; each other must follow from the one before it, by its number and by its hash.
 */
export const createReplayJournal = `
CREATE FUNCTION revocation.replay_journal(p_customer uuid, p_entries jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  head revocation.journal_head := revocation.lock_head(p_customer, clock_timestamp());
  before CONSTANT bigint := head.sequence;
  entry revocation.journal;
  state revocation.revoked;
BEGIN
  FOR entry IN
    SELECT p_customer, e.sequence, e.ca_id, decode(e.serial, 'hex'), e.reason, e.recorded_at, e.invalidity_date,
      e.expires_at, e.actor_kind, e.actor_id, e.job_id, decode(e.hash, 'hex')
    FROM jsonb_to_recordset(p_entries) AS e(sequence bigint, ca_id uuid, serial text, reason smallint,
      recorded_at timestamptz, invalidity_date timestamptz, expires_at timestamptz, actor_kind smallint,
      actor_id text, job_id uuid, hash text)
    WHERE e.sequence > before ORDER BY e.sequence
  LOOP
    IF entry.sequence <> head.sequence + 1 OR entry.hash <> revocation.journal_hash(head.hash, entry) THEN
      RAISE EXCEPTION 'entry % does not follow entry % of the journal', entry.sequence, head.sequence
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    head.sequence := entry.sequence;
    head.hash := entry.hash;
    state := revocation.apply_entry(entry);
  END LOOP;
  UPDATE revocation.journal_head h SET sequence = head.sequence, hash = head.hash, changed_at = clock_timestamp()
    WHERE h.customer_id = p_customer;
  RETURN head.sequence - before;
END
$$;
`;
