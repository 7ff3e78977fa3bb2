"""Rows to be made in bulk, as SQL expressions by column."""

# A customer as SQL expressions over a number n.
PERSON = {
    "name": "'Bench customer ' || n",
    "complete_name": "'Bench customer ' || n",
    "is_company": "n %% 3 = 0",
    "active": "TRUE",
    "type": "'contact'",
    "lang": "'en_US'",
    "email": "'c' || n || '@example.com'",
    "email_normalized": "'c' || n || '@example.com'",
    "country_id": "(SELECT array_agg(id) FROM res_country)[1 + n %% 40]",
    "user_id": "(SELECT array_agg(id) FROM res_users)[n %% 7]",
    "partner_share": "TRUE",
    "autopost_bills": "'ask'",
    "ref": "'bench' || n",
}

# An order of sale s and buyer b, and its line, as SQL expressions.
ORDER = {
    "company_id": "%(company)s",
    "currency_id": "%(currency)s",
    "currency_rate": "1",
    "partner_id": "COALESCE(b.partner_id, s.partner_id)",
    "partner_invoice_id": "s.partner_id",
    "partner_shipping_id": "COALESCE(b.partner_id, s.partner_id)",
    "name": "'BSO' || s.i",
    "state": "CASE WHEN s.i %% 10 = 3 THEN 'draft' ELSE 'sale' END",
    "date_order": "s.day + interval '10 hours'",
    "invoice_status": ("CASE WHEN s.i %% 5 > 0 THEN 'invoiced' ELSE 'to invoice' END"),
    "amount_untaxed": "s.amount",
    "amount_total": "s.amount",
    "picking_policy": "'direct'",
}
ORDER_LINE = {
    "order_id": "o.id",
    "company_id": "o.company_id",
    "currency_id": "o.currency_id",
    "order_partner_id": "o.partner_id",
    "name": "'Bench'",
    "product_uom_qty": "1",
    "price_unit": "o.amount_untaxed",
    "price_subtotal": "o.amount_untaxed",
    "untaxed_amount_invoiced": (
        "CASE o.invoice_status WHEN 'invoiced' THEN o.amount_untaxed ELSE 0 END"
    ),
    "invoice_status": "o.invoice_status",
    "state": "o.state",
    "customer_lead": "0",
}
