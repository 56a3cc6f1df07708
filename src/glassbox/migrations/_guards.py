"""The database itself refuses what would be a lie to the regulator.

The pairs are those of `rules/action_lifecycle.py` as of this migration; a test compares them.
"""

GUARD_ACTIONS = """
CREATE FUNCTION guard_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'an action begins as a draft, not as %', NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'action_begins_as_draft';
        END IF;
    ELSE
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
            ('DRAFT', 'IN_REVIEW'),
            ('IN_REVIEW', 'DRAFT'), ('APPROVED', 'DRAFT'),
            ('IN_REVIEW', 'APPROVED'),
            ('DRAFT', 'WITHDRAWN'), ('IN_REVIEW', 'WITHDRAWN'),
            ('APPROVED', 'WITHDRAWN'), ('BLOCKED', 'WITHDRAWN'),
            ('APPROVED', 'SUBMITTING'),
            ('SUBMITTING', 'APPROVED'), ('UNCONFIRMED', 'APPROVED'),
            ('SUBMITTING', 'UNCONFIRMED'),
            ('SUBMITTING', 'BLOCKED'), ('UNCONFIRMED', 'BLOCKED'),
            ('SUBMITTING', 'ACCEPTED'), ('UNCONFIRMED', 'ACCEPTED'), ('BLOCKED', 'ACCEPTED'),
            ('SUBMITTING', 'REJECTED'), ('UNCONFIRMED', 'REJECTED'), ('BLOCKED', 'REJECTED')
        ) THEN
            RAISE EXCEPTION 'action % cannot go from % to %', OLD.id, OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'action_move_allowed';
        END IF;
        IF (NEW.license_id, NEW.company_id, NEW.kind, NEW.token)
            IS DISTINCT FROM (OLD.license_id, OLD.company_id, OLD.kind, OLD.token) THEN
            RAISE EXCEPTION 'action % keeps its licence, kind and token', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'action_stays_itself';
        END IF;
        IF OLD.state <> 'DRAFT' AND
            (NEW.facts, NEW.payload, NEW.payload_sha256, NEW.metrc_endpoint, NEW.natural_key,
             NEW.labels)
            IS DISTINCT FROM
            (OLD.facts, OLD.payload, OLD.payload_sha256, OLD.metrc_endpoint, OLD.natural_key,
             OLD.labels) THEN
            RAISE EXCEPTION 'the content of action % is fixed once it is no draft', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'action_content_fixed';
        END IF;
    END IF;
    IF NEW.state IN ('APPROVED', 'SUBMITTING') AND NEW.approved_by_id IS NULL THEN
        RAISE EXCEPTION 'action % has no approver', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'action_has_an_approver';
    END IF;
    IF NEW.transfer_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM transfers WHERE id = NEW.transfer_id AND license_id = NEW.license_id)
        OR NEW.batch_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM manufacturing_batches
            WHERE id = NEW.batch_id AND license_id = NEW.license_id)
        OR NEW.order_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM orders WHERE id = NEW.order_id AND license_id = NEW.license_id)
    THEN
        RAISE EXCEPTION 'action % belongs to a transfer, batch or order of another licence', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'action_of_one_licence';
    END IF;
    IF NEW.kind = 'package.adjust' AND (NEW.payload -> 0 ->> 'Quantity')::numeric < 0 THEN
        RAISE EXCEPTION 'a package is never set below zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'action_never_below_zero';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_action BEFORE INSERT OR UPDATE ON regulated_actions
    FOR EACH ROW EXECUTE FUNCTION guard_action();
"""

# At the claim: whatever is sent is a package of this licence or a tag in its own ledger of tags.
GUARD_CLAIMS = """
CREATE FUNCTION guard_claim() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE foreign_label text;
BEGIN
    SELECT named.label INTO foreign_label
    FROM jsonb_array_elements_text(NEW.labels) AS named (label)
    WHERE NOT EXISTS (
            SELECT FROM packages WHERE license_id = NEW.license_id AND packages.label = named.label)
        AND NOT EXISTS (
            SELECT FROM tags WHERE license_id = NEW.license_id AND tags.label = named.label)
    LIMIT 1;
    IF foreign_label IS NOT NULL THEN
        RAISE EXCEPTION '% is neither a package nor a tag of the licence of action %',
            foreign_label, NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'action_touches_own_packages';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_claim BEFORE UPDATE ON regulated_actions
    FOR EACH ROW
    WHEN (OLD.state = 'APPROVED' AND NEW.state = 'SUBMITTING'
          AND NEW.metrc_endpoint NOT LIKE 'by hand%')
    EXECUTE FUNCTION guard_claim();
"""

GUARD_TAGS = """
CREATE FUNCTION guard_tag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tag % was used and is never free again', OLD.label
        USING ERRCODE = 'check_violation', CONSTRAINT = 'tag_used_once';
END $$;
CREATE TRIGGER guard_tag BEFORE UPDATE ON tags
    FOR EACH ROW WHEN (OLD.status = 'USED' AND NEW.status <> 'USED')
    EXECUTE FUNCTION guard_tag();
CREATE TRIGGER guard_tag_kept BEFORE DELETE ON tags
    FOR EACH ROW WHEN (OLD.status = 'USED') EXECUTE FUNCTION guard_tag();
"""

GUARDS = GUARD_ACTIONS + GUARD_CLAIMS + GUARD_TAGS
