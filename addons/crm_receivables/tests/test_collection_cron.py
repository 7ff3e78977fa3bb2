from unittest.mock import patch

from odoo.tests import tagged

from .collection_common import CollectionCommon

WHERE = "odoo.addons.crm_receivables.models.crm_receivable_event"


@tagged("post_install", "-at_install")
class TestCollectionCron(CollectionCommon):
    """What fails or takes long in one company keeps no other waiting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        roots = cls.env["res.company"].search([("parent_id", "=", False)], order="id")
        cls.roots = roots
        cls.second = cls.env["res.company"].create({"name": "Another root"})
        cls.events = cls.env["crm.receivable.event"].sudo()

    def collect(self, work, times):
        """Run the cron with other work and so many seconds left after each company."""

        def in_transaction(env, step, *args, **_options):
            with env.cr.savepoint():
                return step(*args)

        left = iter(times)
        with (
            patch(f"{WHERE}.in_transaction", in_transaction),
            patch.object(type(self.events), "_day_passed", work),
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda *_args, **_options: next(left),
            ),
        ):
            self.events._cron_collect()

    def test_one_company_fails(self):
        seen = []
        first = self.roots[0]

        def work(_events, company):
            seen.append(company)
            if company == first:
                raise ValueError("unreadable")

        with self.assertLogs(WHERE, "ERROR"):
            self.collect(work, [10] * 99)
        self.assertEqual(seen, list(self.roots | self.second))

    def test_time_is_up(self):
        seen = []
        self.collect(lambda _events, company: seen.append(company), [0])
        self.assertEqual(seen, [self.roots[0]])
        self.collect(lambda _events, company: seen.append(company), [10] * 99)
        self.assertEqual(seen, list(self.roots | self.second))
        # The pass is through: the next one begins at the beginning.
        self.collect(lambda _events, company: seen.append(company), [0])
        self.assertEqual(seen[-1], self.roots[0])
