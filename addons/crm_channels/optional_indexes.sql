-- Indexes on Odoo's tables that pay off with hundreds of thousands of contacts: each
-- message that leaves asks who else is reached with its address. Without them it is as
-- right, and looks through all contacts.
CREATE INDEX CONCURRENTLY IF NOT EXISTS res_partner_crm_email_idx
    ON res_partner (email_normalized);
CREATE INDEX CONCURRENTLY IF NOT EXISTS res_partner_crm_phone_idx
    ON res_partner (phone_sanitized);
