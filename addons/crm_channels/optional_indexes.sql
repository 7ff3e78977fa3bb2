-- Indexes on Odoo's tables that pay off with hundreds of thousands of contacts: each
-- message that leaves asks who else is reached with its address, and whether that is on
-- a mailing list. Without them it is as right, and looks through all contacts.
CREATE INDEX CONCURRENTLY IF NOT EXISTS res_partner_crm_email_idx
    ON res_partner (email_normalized);
CREATE INDEX CONCURRENTLY IF NOT EXISTS res_partner_crm_phone_idx
    ON res_partner (phone_sanitized);
CREATE INDEX CONCURRENTLY IF NOT EXISTS mailing_contact_crm_email_idx
    ON mailing_contact (email_normalized) WHERE email_normalized IS NOT NULL;
