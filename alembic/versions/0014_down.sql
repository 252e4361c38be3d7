-- The role phananh_app stays: other databases of the server may use it.
DO $$
BEGIN
  EXECUTE 'DROP OWNED BY phananh_app';
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  NULL;
END $$;
DROP TRIGGER complaint_work_begun ON complaint;
DROP TRIGGER complaint_work_went_on ON complaint;
DROP TRIGGER complaint_work_gone ON complaint;
DROP TRIGGER submission_urgent ON submission;
DROP FUNCTION complaint_work_begun, complaint_work_went_on, complaint_work_gone, submission_urgent,
  work_begun, work_routed;
DROP POLICY see ON work_event;
DROP POLICY act ON work_event;
DROP POLICY see ON work_note;
DROP POLICY act ON work_note;
DROP POLICY see ON work;
DROP POLICY act ON work;
DROP POLICY officials ON account;
DROP POLICY officials ON account_role;
DROP POLICY admins ON account_role;
DROP POLICY own ON account_session;
DROP POLICY own_end ON account_session;
DROP POLICY admins ON audit;
DROP TRIGGER audit_is_append_only ON audit;
DROP TRIGGER work_event_is_append_only ON work_event;
DROP TRIGGER work_event_audited ON work_event;
DROP FUNCTION work_event_audited, is_append_only, audit_append, audit_hash, asker_on, handling_area,
  asker_may, asker_everywhere, asker_keys, role_may, account_roles, asker;
