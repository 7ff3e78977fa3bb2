"""What people and other systems wait for: lists, pages, segments, imports."""

from datetime import date, timedelta

from odoo import api
from odoo.tools import SQL

from . import case_metrics, seed
from .stopwatch import Book, clock, rounds

LIST = ("partner_id", "city", "country_id", "user_id", "team_id", "currency_id")
LIST += ("last_purchase_date", "revenue_12m", "revenue_total", "receivable_open")
PAGE_ROUNDS = 15


def reader(env):
    """Return an environment of a person with rules, not of the superuser."""
    groups = (
        "crm_relationship.group_analyst",
        "crm_relationship.group_segmentation",
        "sales_team.group_sale_salesman_all_leads",
    )
    user = env["res.users"].create(
        {
            "name": "Bench reader",
            "login": "bench",
            "company_id": env.company.id,
            "company_ids": [(6, 0, env.company.ids)],
            "group_ids": [(6, 0, [env.ref(name).id for name in groups])],
        }
    )
    env.cr.commit()
    context = {"allowed_company_ids": env.company.ids, "lang": "en_US"}
    return api.Environment(env.cr, user.id, context)


def page(env, function) -> float:
    """Return the seconds of a call with nothing of earlier calls remembered."""
    env.invalidate_all()
    return clock(function)


def customers_list(env, book: Book) -> None:
    """The Customers list with 300,000 profiles."""
    seed.customers(env.cr, 300_000)
    seed.sales(env.cr, 300_000, 300_000)
    seed.purchases(env.cr, env.company)
    seed.vacuum(env.cr)
    case_metrics.full_run(env, env.company)
    seed.vacuum(env.cr)
    env = reader(env)
    profiles = env["crm.customer.profile"]
    specification = {name: {} for name in LIST}
    for name in ("partner_id", "country_id", "user_id", "team_id"):
        specification[name] = {"fields": {"display_name": {}}}

    def first(domain=(), order=""):
        profiles.web_search_read(
            list(domain), specification, limit=80, order=order, count_limit=10_001
        )

    by = {"groupby": ["country_id"], "aggregates": ["__count", "revenue_total:sum"]}
    found = rounds(
        PAGE_ROUNDS,
        default=lambda: page(env, first),
        revenue=lambda: page(env, lambda: first(order="revenue_total desc")),
        name=lambda: page(
            env, lambda: first([("partner_id", "ilike", "customer 2999")])
        ),
        country=lambda: page(env, lambda: profiles.formatted_read_group([], **by)),
    )
    book.timed("Customers, 80 rows in default order", found["default"])
    book.timed("Customers, 80 rows by revenue", found["revenue"])
    book.timed("Customers found by part of a name", found["name"])
    book.timed("Customers grouped by country, with revenue", found["country"])


def timeline(env, book: Book) -> None:
    """A timeline of 20,000 facts, among 1.6 million facts of others."""
    case_metrics.seed_invoices(env)
    with seed.without_indexes(env.cr, "sale_order", "sale_order_line"):
        seed.orders(env.cr, env.company)
    seed.purchases(env.cr, env.company)
    partner = env["res.partner"].create({"name": "Bench giant"})
    seed.messages(env.cr, env.company, 700_000, partner.id, 5_000)
    _give(env.cr, partner.id)
    seed.vacuum(env.cr)
    env = reader(env)
    service, partner = env["crm.timeline"], partner.with_env(env)

    def walk(before=None):
        return service._timeline_page(partner, before=before, limit=30)

    marks, mark, count = [], None, 0
    while True:
        found = walk(mark)
        count += len(found["rows"])
        if "next" not in found:
            break
        mark = found["next"]
        marks.append(mark)
    book.note(f"{count} facts in {len(marks) + 1} pages of 30.")
    times = rounds(
        PAGE_ROUNDS,
        first=lambda: page(env, walk),
        middle=lambda: page(env, lambda: walk(marks[len(marks) // 2])),
        last=lambda: page(env, lambda: walk(marks[-1])),
    )
    for name, seconds in times.items():
        least = book.timed(f"timeline, {name} page", seconds)
        book.judge(f"timeline, {name} page", least * 1000, 50, "ms")


def _give(cr, partner_id: int) -> None:
    """Let a partner be the buyer in 5,000 documents of each kind."""
    for table, condition in (
        ("crm_purchase_history", SQL("TRUE")),
        ("sale_order", SQL("name LIKE 'BSO%%'")),
        ("account_move", SQL("name LIKE 'BINV/%%'")),
    ):
        cr.execute(
            SQL(
                """UPDATE %(table)s SET partner_id = %(partner)s WHERE id IN (
                       SELECT id FROM %(table)s WHERE %(condition)s
                        ORDER BY id LIMIT 5000)""",
                table=SQL.identifier(table),
                partner=partner_id,
                condition=condition,
            )
        )
    # Somebody else pays for every tenth order only.
    cr.execute(
        SQL(
            """UPDATE sale_order SET partner_invoice_id = partner_id
                WHERE partner_id = %s AND id %% 10 != 0""",
            partner_id,
        )
    )


def segments(env, book: Book) -> None:
    """RFM and a segment of 100,000 members."""
    seed.customers(env.cr, 100_000)
    seed.sales(env.cr, 100_000, 1_000_000)
    seed.purchases(env.cr, env.company)
    seed.vacuum(env.cr)
    case_metrics.full_run(env, env.company)
    seed.vacuum(env.cr)
    _rfm(env, book)
    person = reader(env)
    segments = person["crm.segment"]
    values = {"name": "Everybody", "kind": "rule"}
    made = clock(lambda: segments.create(values)._refresh())
    env.cr.commit()
    segment = segments.search([("name", "=", "Everybody")]).with_env(env)
    book.timed("segment by rule made", [made])
    book.note(f"{segment.member_count} members.")
    again = [clock(segment._refresh) for _turn in range(3)]
    book.timed("the same, nothing changes", again)
    env.cr.commit()
    seed.vacuum(env.cr)
    env = person
    service = env["crm.api"]
    mark, marks = None, []
    while found := service.segment_members(segment.id, after=mark):
        mark = found.get("next")
        if not mark:
            break
        marks.append(mark)
    full = marks[-2]
    times = rounds(
        PAGE_ROUNDS,
        first=lambda: page(env, lambda: service.segment_members(segment.id)),
        last=lambda: page(env, lambda: service.segment_members(segment.id, after=full)),
    )
    first = book.timed("segment_members, first page of 1,000", times["first"])
    last = book.timed("segment_members, last full page", times["last"])
    book.judge("last page / first page", last / first, 1.25)


def _rfm(env, book: Book) -> None:
    scheme = env["crm.rfm.scheme"].search(
        [("company_id", "=", env.company.id)], limit=1
    ) or env["crm.rfm.scheme"].create({"name": "Bench", "company_id": env.company.id})
    run = env["crm.rfm.run"]
    spent = []
    scorer = type(env["crm.rfm.scorer"])
    compute = scorer._compute_difference

    def timed(self, record):
        spent.append(clock(compute, self, record))

    scorer._compute_difference = timed
    try:
        first = clock(run._run, scheme, "button")
        env.cr.commit()
        seed.vacuum(env.cr)
        again = [clock(run._run, scheme, "button") for _turn in range(3)]
    finally:
        scorer._compute_difference = compute
    env.cr.commit()
    least = book.timed("RFM computing, 100,000 customers", spent)
    book.judge("RFM computing", least, 1, "s")
    book.timed("RFM run, first: computing and writing all scores", [first])
    book.timed("RFM run, nothing changes", again)


def imports(env, book: Book) -> None:
    """Five calls of 10,000 rows, then the same again, then changed."""
    today = date.today()
    service = env["crm.api"]

    def rows(call: int, factor: float) -> list[dict]:
        return [
            {
                "external_ref": f"I{call}-{n}",
                "date": str(today - timedelta(days=n % 900)),
                "amount": round((10 + n % 500) * factor, 2),
                "customer_ref": f"K{(call * 3000 + n * 7) % 20_000}",
                "customer_name": f"Import customer {(call * 3000 + n * 7) % 20_000}",
            }
            for n in range(10_000)
        ]

    def send(call: int, turn: str, factor: float = 1.0) -> float:
        data, key = rows(call, factor), f"bench-{call}-{turn}"

        def call_it():
            answer = service.purchase_import(data, "bench", key, create_missing=True)
            assert not answer["error_count"], answer
            env.cr.commit()

        return clock(call_it)

    seconds = [send(call, "new") for call in range(5)]
    book.timed("purchase_import, 10,000 rows, new", seconds)
    book.timed("the same rows again", [send(c, "same") for c in range(5)])
    book.timed("other amounts", [send(c, "other", 1.1) for c in range(5)])
    book.note(f"{10_000 / min(seconds):.0f} rows a second.")
