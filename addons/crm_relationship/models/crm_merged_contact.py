from odoo import api, fields, models
from odoo.tools import SQL


class CrmMergedContact(models.Model):
    """What became of a contact that was merged into another one: old id → contact.

    Links in mails sent long ago name the contact of that day, and whoever got the mail
    may refuse further ones whatever was merged since. No access for anybody: read by
    the pages behind such links only.
    """

    _name = "crm.merged.contact"
    _description = "Merged Contact"
    _log_access = False

    old_key = fields.Integer(string="Id of the merged contact", required=True)
    # A further merge moves it on, as Odoo does with every reference to a contact.
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        required=True,
        index=True,
        ondelete="cascade",
    )

    _old_uniq = models.Constraint("UNIQUE(old_key)", "A contact is merged once.")

    @api.model
    def _merge_contacts(self, src_ids: list[int], dst_id: int) -> None:
        """Remember merged contacts; to be called with each merge."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_merged_contact (old_key, partner_id)
                   SELECT unnest(%s), %s ON CONFLICT DO NOTHING""",
                src_ids,
                dst_id,
            )
        )

    @api.model
    def _contact(self, partner_id: int):
        """Return the contact an id stands for today, with all rights; none if it is
        gone."""
        partner = self.env["res.partner"].sudo().browse(partner_id).exists()
        if partner:
            return partner
        return self.sudo().search([("old_key", "=", partner_id)], limit=1).partner_id
