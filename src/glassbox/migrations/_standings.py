"""How each package stands now, in one narrow row that triggers keep, so that millions can be listed;
and lists of labels that no index could look into behind a wall."""

# A date that METRC wrote may be null, its year 0001, or none at all; reading it must never fail,
# for a trigger that fails would keep the whole read from being stored.
FUNCTIONS = """
    CREATE FUNCTION date_of_metrc(written text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN written ~ '^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            THEN make_date(substr(written, 1, 4)::int, substr(written, 6, 2)::int, 1)
                + (substr(written, 9, 2)::int - 1) END
    $$;

    CREATE FUNCTION package_is_here(list_name text, local_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE list_name WHEN '' THEN local_state NOT IN ('CLOSED', 'DESTROYED')
            ELSE list_name IN ('ACTIVE', 'ON_HOLD') END
    $$;

    CREATE FUNCTION stand_package() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO package_standings (company_id, license_id, package_id, label, item_name,
                unit, location_name, production_batch_number, local_state, list_name, category,
                lab_state, changed_at, is_held_by_state, is_held_by_us, is_released, is_here)
            VALUES (NEW.company_id, NEW.license_id, NEW.id, NEW.label, NEW.item_name, NEW.unit,
                NEW.location_name, NEW.production_batch_number, NEW.local_state, '', '', '',
                NEW.opened_at, false, false, false, package_is_here('', NEW.local_state));
        ELSE
            UPDATE package_standings SET label = NEW.label, item_name = NEW.item_name,
                unit = NEW.unit, location_name = NEW.location_name,
                production_batch_number = NEW.production_batch_number,
                local_state = NEW.local_state,
                changed_at = CASE list_name WHEN '' THEN NEW.opened_at ELSE changed_at END,
                is_here = package_is_here(list_name, NEW.local_state)
            WHERE package_id = NEW.id;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION stand_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.is_newest THEN
            UPDATE package_standings SET list_name = NEW.list_name,
                category = left(coalesce(NEW.raw #>> '{Item,ProductCategoryName}', ''), 120),
                lab_state = NEW.lab_state, metrc_quantity = NEW.quantity,
                packaged_date = date_of_metrc(NEW.raw ->> 'PackagedDate'),
                changed_at = coalesce(NEW.last_modified_at, NEW.seen_at),
                is_held_by_state = NEW.is_on_hold,
                is_here = package_is_here(NEW.list_name, local_state)
            WHERE package_id = NEW.package_id;
        ELSE
            UPDATE package_standings AS standing SET list_name = '', category = '', lab_state = '',
                metrc_quantity = NULL, packaged_date = NULL, changed_at = packages.opened_at,
                is_held_by_state = false, is_here = package_is_here('', standing.local_state)
            FROM packages WHERE packages.id = NEW.package_id
                AND standing.package_id = NEW.package_id;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION stand_proof() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- Locked first, so that the next statement sees what another hand has just committed.
        PERFORM FROM package_standings WHERE package_id = NEW.package_id FOR UPDATE;
        UPDATE package_standings SET
            is_held_by_us = EXISTS (SELECT FROM package_holds
                WHERE package_id = NEW.package_id AND lifted_at IS NULL),
            is_released = EXISTS (SELECT FROM qa_reviews WHERE package_id = NEW.package_id
                AND verdict = 'RELEASED' AND revoked_at IS NULL),
            counted_at = (SELECT max(counted_at) FROM package_counts
                WHERE package_id = NEW.package_id)
        WHERE package_id = NEW.package_id;
        RETURN NULL;
    END $$;
"""

# What every standing must say. The view repeats the triggers as one question; a test asks whether
# the two ever part.
TRUTH = """
    CREATE VIEW package_standings_truth WITH (security_invoker = true) AS
    SELECT packages.company_id, packages.license_id, packages.id AS package_id, packages.label,
        packages.item_name, packages.unit, packages.location_name,
        packages.production_batch_number, packages.local_state,
        coalesce(newest.list_name, '') AS list_name,
        left(coalesce(newest.raw #>> '{Item,ProductCategoryName}', ''), 120) AS category,
        coalesce(newest.lab_state, '') AS lab_state, newest.quantity AS metrc_quantity,
        date_of_metrc(newest.raw ->> 'PackagedDate') AS packaged_date,
        coalesce(newest.last_modified_at, newest.seen_at, packages.opened_at) AS changed_at,
        (SELECT max(counted_at) FROM package_counts WHERE package_id = packages.id) AS counted_at,
        coalesce(newest.is_on_hold, false) AS is_held_by_state,
        EXISTS (SELECT FROM package_holds WHERE package_id = packages.id AND lifted_at IS NULL)
            AS is_held_by_us,
        EXISTS (SELECT FROM qa_reviews WHERE package_id = packages.id AND verdict = 'RELEASED'
            AND revoked_at IS NULL) AS is_released,
        package_is_here(coalesce(newest.list_name, ''), packages.local_state) AS is_here,
        coalesce((SELECT sum(quantity) FROM package_movements WHERE package_id = packages.id), 0)
            ::numeric(20, 6) AS our_quantity
    FROM packages LEFT JOIN package_snapshots AS newest
        ON newest.package_id = packages.id AND newest.is_newest;
"""

TRIGGERS = """
    CREATE TRIGGER package_stands AFTER INSERT ON packages
        FOR EACH ROW EXECUTE FUNCTION stand_package();
    CREATE TRIGGER package_stands_otherwise AFTER UPDATE ON packages FOR EACH ROW
        WHEN ((OLD.label, OLD.item_name, OLD.unit, OLD.location_name, OLD.production_batch_number,
                OLD.local_state, OLD.opened_at)
            IS DISTINCT FROM (NEW.label, NEW.item_name, NEW.unit, NEW.location_name,
                NEW.production_batch_number, NEW.local_state, NEW.opened_at))
        EXECUTE FUNCTION stand_package();
    CREATE TRIGGER snapshot_stands AFTER INSERT ON package_snapshots
        FOR EACH ROW WHEN (NEW.is_newest) EXECUTE FUNCTION stand_snapshot();
    CREATE TRIGGER snapshot_stands_otherwise AFTER UPDATE ON package_snapshots
        FOR EACH ROW WHEN (OLD.is_newest OR NEW.is_newest) EXECUTE FUNCTION stand_snapshot();
    CREATE TRIGGER hold_stands AFTER INSERT OR UPDATE ON package_holds
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
    CREATE TRIGGER review_stands AFTER INSERT OR UPDATE ON qa_reviews
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
    CREATE TRIGGER count_stands AFTER INSERT ON package_counts
        FOR EACH ROW EXECUTE FUNCTION stand_proof();
"""

# A movement only ever comes, so its package's sum grows by it; two at once queue at the row.
OUR_COUNT = """
    CREATE FUNCTION stand_movement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE package_standings SET our_quantity = our_quantity + NEW.quantity
        WHERE package_id = NEW.package_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER movement_stands AFTER INSERT ON package_movements
        FOR EACH ROW EXECUTE FUNCTION stand_movement();
"""

SAMPLE_SOURCES = """
    CREATE FUNCTION list_sample_sources() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM lab_sample_sources WHERE sample_id = NEW.id;
        INSERT INTO lab_sample_sources (company_id, license_id, sample_id, label)
        SELECT DISTINCT NEW.company_id, NEW.license_id, NEW.id, label
        FROM jsonb_array_elements_text(NEW.source_labels) AS label;
        RETURN NULL;
    END $$;
    CREATE TRIGGER sample_sources AFTER INSERT OR UPDATE OF source_labels ON lab_samples
        FOR EACH ROW EXECUTE FUNCTION list_sample_sources();
"""

ACTION_LABELS = """
    CREATE FUNCTION list_action_labels() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM action_labels WHERE action_id = NEW.id;
        END IF;
        INSERT INTO action_labels (company_id, license_id, action_id, label)
        SELECT DISTINCT NEW.company_id, NEW.license_id, NEW.id, label
        FROM jsonb_array_elements_text(NEW.labels) AS label;
        RETURN NULL;
    END $$;
    CREATE TRIGGER action_labels AFTER INSERT ON regulated_actions
        FOR EACH ROW EXECUTE FUNCTION list_action_labels();
    CREATE TRIGGER action_labels_otherwise AFTER UPDATE OF labels ON regulated_actions
        FOR EACH ROW WHEN (OLD.labels IS DISTINCT FROM NEW.labels)
        EXECUTE FUNCTION list_action_labels();
"""

STANDINGS = FUNCTIONS + TRUTH + TRIGGERS + OUR_COUNT + SAMPLE_SOURCES + ACTION_LABELS
