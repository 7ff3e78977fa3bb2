-- A copy of the database sends nothing, whatever is switched on in it later.

-- no lane sends until somebody resumes it
UPDATE crm_send_lane
   SET state = 'stopped',
       paused_until = NULL;

-- what waits, or was just leaving when the copy was made, left or will leave there
UPDATE crm_outbox
   SET state = 'skipped',
       reason = 'copy',
       text = 'Not sent from a copy of the database.',
       lease = NULL,
       done_date = now() AT TIME ZONE 'UTC'
 WHERE state IN ('planned', 'claimed', 'sending', 'unknown');
UPDATE crm_outbox_release
   SET state = 'settled'
 WHERE state = 'open';
UPDATE crm_service_mail_recipient
   SET state = 'skipped',
       reason = 'copy',
       text = 'Not sent from a copy of the database.'
 WHERE state IN ('planned', 'unknown');
UPDATE crm_service_mail
   SET state = 'cancelled'
 WHERE state = 'planning';

-- links in mails of the original do nothing here
UPDATE ir_config_parameter
   SET value = md5(random()::text || clock_timestamp()::text)
               || md5(random()::text || clock_timestamp()::text)
 WHERE key = 'crm_relationship.link_secret';

-- what other systems send is meant for the original
UPDATE crm_event_source
   SET key = NULL,
       old_key = NULL;

-- senders and planners
UPDATE ir_cron
   SET active = false
 WHERE id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_relationship'
          AND name IN ('ir_cron_send_service', 'ir_cron_send_dunning',
                       'ir_cron_send_promotion', 'ir_cron_service_mail')
);
DELETE FROM ir_cron_trigger
 WHERE cron_id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_relationship'
          AND name IN ('ir_cron_send_service', 'ir_cron_send_dunning',
                       'ir_cron_send_promotion', 'ir_cron_service_mail')
);
