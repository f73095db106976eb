/**
 * The one writer of the audit trail. Each entry takes the next sequence of its customer under the lock of the
 * customer's head, so that entries become visible in their order and without gaps, whatever number of
 * replicas appends. The hash covers the hash before, the customer, the sequence, the time and the body; the
 * database makes it, so that no service can write an entry that does not follow from those before.
 *
 * Customers come sorted, so that two callers cannot deadlock.
 */
export const createAppendAudit = `
CREATE FUNCTION billing.append_audit(p_customer uuid[], p_body text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  customer uuid;
  head billing.audit_head;
  at timestamptz;
BEGIN
  FOR i IN 1..cardinality(p_customer) LOOP
    IF customer IS DISTINCT FROM p_customer[i] THEN
      IF customer IS NOT NULL THEN
        UPDATE billing.audit_head h SET sequence = head.sequence, hash = head.hash WHERE h.customer_id = customer;
      END IF;
      customer := p_customer[i];
      INSERT INTO billing.audit_head (customer_id) VALUES (customer) ON CONFLICT DO NOTHING;
      SELECT * INTO head FROM billing.audit_head h WHERE h.customer_id = customer FOR NO KEY UPDATE;
    END IF;
    at := date_trunc('milliseconds', clock_timestamp());
    head.sequence := head.sequence + 1;
    head.hash := sha256(head.hash || uuid_send(customer) || int8send(head.sequence)
      || int8send((extract(epoch FROM at) * 1000)::bigint) || convert_to(p_body[i], 'UTF8'));
    INSERT INTO billing.audit_event (customer_id, sequence, recorded_at, body, hash)
    VALUES (customer, head.sequence, at, p_body[i], head.hash);
  END LOOP;
  IF customer IS NOT NULL THEN
    UPDATE billing.audit_head h SET sequence = head.sequence, hash = head.hash WHERE h.customer_id = customer;
  END IF;
END
$$;
`;
