-- Where this database physically is: system identifier, timeline, database and table. A restored, promoted or cloned database
-- differs in at least one of them. Null on a replica that is not promoted.
-- The timeline comes from the name of the WAL file: `pg_control_checkpoint` still has the old one minutes after a promotion.
-- A part that the server, or this role, does not have stays empty. The other parts still count.
CREATE OR REPLACE FUNCTION confab_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_system text := '';
  v_timeline text := '';
BEGIN
  IF pg_is_in_recovery() THEN
    RETURN NULL;
  END IF;
  BEGIN
    v_system := (pg_control_system()).system_identifier;
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
  END;
  BEGIN
    v_timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
  END;
  RETURN concat_ws(' ', v_system, v_timeline,
    (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()), 'changes'::regclass::oid);
END;
$$;
