"""An independent count of what profiles must say, written unlike the engine."""

ORDERS = """
    SELECT p.commercial_partner_id, split_part(c.parent_path, '/', 1)::int,
           o.state, o.amount_untaxed, o.currency_rate
      FROM sale_order o
      JOIN res_partner p ON p.id = o.partner_id
      JOIN res_company c ON c.id = o.company_id
     WHERE o.state IN ('draft', 'sent', 'sale')"""
INVOICES = """
    SELECT p.commercial_partner_id, split_part(c.parent_path, '/', 1)::int,
           m.amount_untaxed_signed
      FROM account_move m
      JOIN res_partner p ON p.id = m.partner_id
      JOIN res_company c ON c.id = m.company_id
     WHERE m.state = 'posted'
       AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
       AND COALESCE(m.invoice_date, m.date) <= (now() AT TIME ZONE 'UTC')::date"""
PROFILES = """
    SELECT partner_id, company_id, order_count, order_amount, quotation_count,
           quotation_amount, revenue_total
      FROM crm_customer_profile"""
OWN = """
    SELECT p.commercial_partner_id FROM res_company c
      JOIN res_partner p ON p.id = c.partner_id"""


def differences(suite, database: str) -> list[str]:
    """Return in words where profiles disagree with the documents, added up here.

    Only for databases whose invoices are paid by those who ordered, and whose
    companies count invoices as revenue.
    """
    own = {partner for (partner,) in suite.sql(database, OWN)}
    expected: dict[tuple, list[float]] = {}
    for partner, company, state, amount, rate in suite.sql(database, ORDERS):
        figures = expected.setdefault((partner, company), [0.0] * 5)
        place = 0 if state == "sale" else 2
        figures[place] += 1
        figures[place + 1] += float(amount) / float(rate)
    for partner, company, amount in suite.sql(database, INVOICES):
        expected.setdefault((partner, company), [0.0] * 5)[4] += float(amount)
    found = {
        (partner, company): [float(value) for value in figures]
        for partner, company, *figures in suite.sql(database, PROFILES)
    }
    return [
        f"customer {key[0]} in company {key[1]}: {found.get(key)} instead of {figures}"
        for key, figures in sorted(expected.items())
        if key[0] not in own and not _equal(found.get(key), figures)
    ]


def _equal(found: list[float] | None, figures: list[float]) -> bool:
    return found is not None and all(
        abs(one - other) < 0.02 for one, other in zip(found, figures, strict=True)
    )
