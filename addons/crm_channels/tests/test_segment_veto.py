from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .policy_common import PolicyCase


@tagged("post_install", "-at_install")
class TestSegmentVeto(PolicyCase):
    """A veto is its owner's: nobody else lifts it, by whatever way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.members = cls.person() | cls.person()
        cls.other = new_test_user(
            cls.env,
            "policy_other",
            "crm_relationship.group_segmentation",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.segment = cls.make_segment()
        cls.segment._add_partners(cls.members.ids)

    @classmethod
    def make_segment(cls, **values):
        return (
            cls.env["crm.segment"]
            .with_user(cls.owner)
            .with_company(cls.company)
            .create(
                {
                    "name": "In dispute",
                    "kind": "manual",
                    "company_id": cls.company.id,
                    "no_promotion": True,
                    "no_promotion_reason": "Lawyers talk",
                    **values,
                }
            )
        )

    def theirs(self, segment=None):
        segment = self.segment if segment is None else segment
        return segment.with_user(self.other).with_company(self.company)

    def ways(self):
        return {
            "veto": lambda s: s.write({"no_promotion": False}),
            "archive": lambda s: s.write({"active": False}),
            "archive by button": lambda s: s.action_archive(),
            "rule": lambda s: s.write({"domain": "[('id', '=', 0)]"}),
            "kind": lambda s: s.write({"kind": "rule"}),
            "owner": lambda s: s.action_take_over(),
            "owner and rule": lambda s: s.write({"user_id": s.env.uid, "kind": "rule"}),
            "delete": lambda s: s.unlink(),
            "members": lambda s: s._remove_partners(self.members.ids),
        }

    def test_nobody_else_lifts_it(self):
        for what, way in self.ways().items():
            with self.subTest(what):
                with (
                    self.assertRaisesRegex(AccessError, "Only policy_owner"),
                    self.env.cr.savepoint(),
                ):
                    way(self.theirs())
                self.assertEqual(self.verdicts(self.members), ["drop", "drop"])

    def test_one_of_several(self):
        free = self.make_segment(no_promotion=False, no_promotion_reason=False)
        with self.assertRaises(AccessError):
            self.theirs(free | self.segment).write({"active": False})

    def test_the_owner_does(self):
        for what, way in self.ways().items():
            if what.startswith("owner"):
                continue
            with self.subTest(what), self.env.cr.savepoint() as savepoint:
                way(self.segment)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_without_a_veto(self):
        self.segment.no_promotion = False
        theirs = self.theirs()
        theirs.action_take_over()
        theirs._remove_partners(self.members[:1].ids)
        theirs.active = False
        theirs.unlink()

    def test_the_owner_has_left(self):
        self.owner.sudo().active = False
        theirs = self.theirs()
        with self.assertRaisesRegex(AccessError, "take the segment over first"):
            theirs.active = False
        with self.assertRaises(AccessError):
            theirs.write({"user_id": self.other.id, "no_promotion": False})
        theirs.action_take_over()
        theirs.no_promotion = False
        self.assertEqual(self.verdicts(self.members), ["send", "send"])

    def test_archiving_is_told(self):
        self.assertTrue(self.segment._fields["active"].tracking)
