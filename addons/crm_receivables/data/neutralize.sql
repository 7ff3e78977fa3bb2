-- A copy of the database reminds nobody: what waits there is left out here.
UPDATE crm_reminder
   SET state = 'skipped',
       reason = 'copy',
       text = 'Not sent from a copy of the database.'
 WHERE state IN ('planned', 'unknown');
UPDATE crm_reminder_item i
   SET live = false
  FROM crm_reminder r
 WHERE r.id = i.reminder_id
   AND r.reason = 'copy';
UPDATE res_company
   SET crm_reminder_daily = false
 WHERE crm_reminder_daily;
UPDATE ir_cron
   SET active = false
 WHERE id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_receivables'
          AND name = 'ir_cron_collect'
);
