from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..core.decisions import Transition
from .common import RelationshipCommon

SALES = "sales_team.group_sale_salesman,base.group_partner_manager"
ALL_SALES = "sales_team.group_sale_salesman_all_leads,base.group_partner_manager"
MANAGER = "sales_team.group_sale_manager"
MANAGES = "sales_team.group_sale_manager,base.group_partner_manager"


class DecisionCommon(RelationshipCommon):
    """A customer of Anna, whom she offers to Bert; Mona and Max manage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = {"anna": SALES, "bert": ALL_SALES, "mona": MANAGES, "max": MANAGES}
        for name, groups in people.items():
            user = new_test_user(
                cls.env,
                f"decision_{name}",
                groups=groups,
                name=name.title(),
                company_id=cls.company.id,
                company_ids=[cls.company.id],
                tz="UTC",
            )
            setattr(cls, name, user)
        cls.customer.user_id = cls.anna

    @classmethod
    def _write_handover(cls, author=None, **values):
        author = author or cls.anna
        return (
            cls.env["crm.handover"]
            .with_user(author)
            .with_company(cls.company)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "to_user_id": cls.bert.id,
                    "note": "Promised an answer by Friday.",
                    **values,
                }
            )
        )

    def _offered(self, **values):
        handover = self._write_handover(**values)
        handover.action_decide("offer")
        return handover

    def _requests(self, record):
        kind = self.env.ref("crm_relationship.mail_activity_type_decide")
        return record.sudo().activity_ids.filtered(lambda a: a.activity_type_id == kind)


@tagged("post_install", "-at_install")
class TestDecision(DecisionCommon):
    """Roles decide; what a decision stands on changes in no other way."""

    def test_the_next_is_asked(self):
        handover = self._offered()
        self.assertEqual(handover.state, "offered")
        self.assertEqual(self._requests(handover).user_id, self.bert)
        due = handover.decision_due - fields.Datetime.now()
        self.assertAlmostEqual(due.total_seconds(), 48 * 3600, delta=60)
        handover.with_user(self.bert).action_decide("accept")
        self.assertFalse(self._requests(handover))
        self.assertFalse(handover.decision_due)

    def test_only_those_named_decide(self):
        handover = self._offered()
        with self.assertRaisesRegex(AccessError, "Bert"):
            handover.with_user(self.mona).action_decide("accept")
        with self.assertRaisesRegex(AccessError, "Bert"):
            handover.action_decide("accept")

    def test_a_wrong_state_is_a_refusal(self):
        handover = self._write_handover()
        with self.assertRaisesRegex(UserError, "not possible while .* Draft"):
            handover.with_user(self.bert).action_decide("accept")

    def test_a_refusal_needs_a_reason(self):
        handover = self._offered().with_user(self.bert)
        for reason in (None, "", "  "):
            with self.assertRaisesRegex(UserError, "reason"):
                handover.action_decide("decline", reason=reason)
        handover.action_decide("decline", reason="I am on leave")
        trail = handover.decision_trail[0]
        self.assertEqual((trail["user"], trail["reason"]), ("Bert", "I am on leave"))
        self.assertEqual(self.customer.user_id, self.anna)

    def test_an_edited_offer_falls_and_says_so(self):
        handover = self._offered()
        handover.note = "Promised an answer by Monday."
        self.assertEqual(handover.state, "draft")
        self.assertFalse(self._requests(handover))
        self.assertEqual(handover.decision_trail[0]["kind"], "voided")
        self.assertIn("has to be decided anew", handover.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "not possible while"):
            handover.with_user(self.bert).action_decide("accept")

    def test_the_same_content_again_changes_nothing(self):
        handover = self._offered()
        handover.write({"note": handover.note, "with_leads": True})
        self.assertEqual(handover.state, "offered")

    def test_an_author_does_not_accept(self):
        """Bert writes into the offer made to him: somebody else must look first."""
        handover = self._write_handover()
        handover.with_user(self.bert).note = "And I get the discount budget."
        handover.action_decide("offer")
        with self.assertRaisesRegex(UserError, "two-person"):
            handover.with_user(self.bert).action_decide("accept")
        offer = handover.with_user(self.bert).decision_options
        refused = [o["refused"] for o in offer if o["name"] == "accept"]
        self.assertIn("two-person", refused[0])
        self.company.crm_self_approval = True
        handover.with_user(self.bert).action_decide("accept")
        decision = self.env["crm.decision"]._of(handover)[0]
        self.assertTrue(decision.self_approved)

    def test_what_was_not_seen_is_not_decided(self):
        handover = self._write_handover()
        seen = handover.decision_hash
        handover.note = "Owes us 1,000."
        with self.assertRaisesRegex(UserError, "changed since you opened"):
            handover.action_decide("offer", seen=seen)
        handover.action_decide("offer", seen=handover.decision_hash)
        self.assertEqual(handover.state, "offered")

    def test_content_does_not_change_afterwards(self):
        handover = self._offered()
        handover.with_user(self.bert).action_decide("accept")
        with self.assertRaisesRegex(UserError, "cannot change any more"):
            handover.sudo().note = "Something else"

    def test_unknown_names_and_texts(self):
        handover = self._offered().with_user(self.bert)
        for wrong in ("nonsense", None, 7, ["accept"], {"a": 1}):
            with self.assertRaises(UserError):
                handover.action_decide(wrong)
        for wrong in (7, ["x"], "x" * 2001):
            with self.assertRaises(UserError):
                handover.action_decide("decline", reason=wrong)
        self.assertEqual(handover.state, "offered")

    def test_a_final_refusal_closes_the_matter(self):
        refuse = Transition(
            "refuse", ("draft",), "draft", groups=(MANAGER,), bars=("offer",)
        )
        ways = [*self.env["crm.handover"]._decision_transitions(), refuse]
        Handover = self.env.registry["crm.handover"]
        with patch.object(Handover, "_decision_transitions", lambda self: ways):
            handover = self._write_handover()
            handover.with_user(self.mona).action_decide("refuse")
            handover.note = "Asked in other words."
            for user in (self.anna, self.mona):
                with self.assertRaisesRegex(UserError, "Nobody can overrule"):
                    handover.with_user(user).action_decide("offer")
            self.assertTrue(handover.decision_trail[0]["final"])
            handover.with_user(self.mona).copy().action_decide("offer")

    # ---- protected columns ----------------------------------------------------------

    def test_nobody_writes_protected_columns(self):
        handover = self._offered()
        values = {
            "state": "accepted",
            "decision_hash": "x",
            "decision_author_ids": [],
            "decision_due": False,
            "decision_escalated": True,
            "from_user_id": self.bert.id,
        }
        for field, value in values.items():
            for record in (handover, handover.with_user(self.mona), handover.sudo()):
                for context in ({}, {"crm_decision_writer": True}):
                    with (
                        self.subTest(field=field, user=record.env.user.name),
                        self.assertRaisesRegex(UserError, "only a decision"),
                    ):
                        record.with_context(**context).write({field: value})

    def test_a_new_one_begins_as_a_draft(self):
        defaults = {"default_state": "accepted", "default_decision_hash": "x"}
        Handover = self.env["crm.handover"].with_context(**defaults)
        values = {"partner_id": self.customer.id, "to_user_id": self.bert.id}
        handover = Handover.create(dict(values))
        self.assertEqual(handover.state, "draft")
        self.assertNotEqual(handover.decision_hash, "x")
        with self.assertRaisesRegex(UserError, "only a decision"):
            Handover.sudo().create({**values, "state": "accepted"})

    def test_a_copy_asks_anew(self):
        handover = self._offered()
        handover.with_user(self.bert).action_decide("decline", reason="No")
        copy = handover.with_user(self.mona).copy()
        self.assertEqual(copy.state, "draft")
        # Whose content it is does not depend on who copies it.
        wrote = handover.decision_author_ids
        self.assertTrue(wrote - self.mona)
        self.assertEqual(copy.decision_author_ids, wrote | self.mona)
        self.assertFalse(copy.decision_trail)

    def test_deleting_is_decided_too(self):
        handover = self._offered()
        with self.assertRaisesRegex(UserError, "not possible while"):
            handover.unlink()
        with self.assertRaisesRegex(UserError, "not possible while"):
            handover.sudo().unlink()
        self._write_handover().unlink()

    def test_companies_are_not_changed(self):
        other = self.setup_other_company()["company"]
        with self.assertRaisesRegex(UserError, "is not a decision on"):
            self._offered().sudo().company_id = other

    def test_decisions_are_kept_as_they_are(self):
        self._offered()
        decision = self.env["crm.decision"].search([("res_model", "=", "crm.handover")])
        decision = decision[:1].sudo()
        with self.assertRaisesRegex(UserError, "neither entered, changed nor deleted"):
            decision.reason = "Better reason"
        with self.assertRaisesRegex(UserError, "neither entered, changed nor deleted"):
            decision.unlink()
        with self.assertRaisesRegex(UserError, "neither entered, changed nor deleted"):
            decision.copy()

    # ---- overdue --------------------------------------------------------------------

    def test_the_overdue_is_told_once(self):
        handover = self._offered()
        team = self.env["crm.team"].create({"name": "North", "user_id": self.mona.id})
        team.member_ids = self.anna
        handover._decision_set(
            decision_due=fields.Datetime.now() - timedelta(minutes=1)
        )
        with self.enter_registry_test_mode():
            self.env.ref("crm_relationship.ir_cron_decision").method_direct_trigger()
            self.env.ref("crm_relationship.ir_cron_decision").method_direct_trigger()
        self.assertIn(self.mona, self._requests(handover).user_id)
        kinds = [row["kind"] for row in handover.decision_trail]
        self.assertEqual(kinds, ["escalated", "decided"])

    def test_it_waits_on_the_workbench(self):
        handover = self._offered()

        def waiting(user):
            bench = self.env["crm.workbench"].with_user(user)
            found = bench.with_company(self.company).get_worklists()
            rows = [row for part in found["sections"] for row in part["lists"]]
            code = "decide.crm.handover.accept"
            return [row["count"] for row in rows if row["code"] == code]

        # Who is asked in person hears of it; others have no empty list of it.
        self.assertEqual((waiting(self.bert), waiting(self.mona)), ([1], []))
        action = (
            self.env["crm.workbench"]
            .with_user(self.bert)
            .with_company(self.company)
            .open_worklist("decide.crm.handover.accept")
        )
        found = self.env["crm.handover"].with_user(self.bert).search(action["domain"])
        self.assertEqual(found, handover)
        handover.with_user(self.bert).action_decide("accept")
        self.assertEqual(waiting(self.bert), [])

    def test_who_decides_is_named_by_role_and_step(self):
        """Who reads it may have the role, but not that step of it."""
        named = Transition(
            "x", (), "x", label="X", groups=("sales_team.group_sale_manager",)
        )
        who = self.env["crm.handover"]._decision_who(named)
        self.assertEqual(who, "Sales: Administrator")
