-- A copy of the database writes to nobody: campaigns that run in the original stop here.
UPDATE crm_campaign_enrolment
   SET state = 'skipped',
       reason = 'copy',
       text = 'Not sent from a copy of the database.'
 WHERE state IN ('planned', 'held', 'unknown');
UPDATE crm_campaign
   SET state = 'stopped',
       is_launching = false
 WHERE state IN ('live', 'paused');

-- nor is one that was just being launched planned to its end
UPDATE ir_cron
   SET active = false
 WHERE id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_channels'
          AND name = 'ir_cron_campaign_launch'
);
DELETE FROM ir_cron_trigger
 WHERE cron_id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_channels'
          AND name = 'ir_cron_campaign_launch'
);
