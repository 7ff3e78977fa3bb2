-- Indexes on Odoo's tables that pay off where customers have tens of thousands of
-- documents: the timeline then reads a page in the order of the index. It finds them by
-- name when the server starts. Without them it is as right, and reads all documents of
-- the one customer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sale_order_crm_timeline_idx
    ON sale_order (partner_id, date_order DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS account_move_crm_timeline_idx
    ON account_move (partner_id, invoice_date DESC, id DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS crm_lead_crm_timeline_idx
    ON crm_lead (partner_id, create_date DESC, id DESC);
