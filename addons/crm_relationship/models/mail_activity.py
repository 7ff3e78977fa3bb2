from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        # EXTENDS 'mail': what was done with a customer goes into the contact ledger.
        # Before, because it removes activities whose document is gone.
        recorder = self.env["crm.touch.recorder"].sudo()
        found = recorder._activity_vals(self.sudo(), feedback)
        messages, activities = super()._action_done(
            feedback=feedback, attachment_ids=attachment_ids
        )
        by_activity = self._message_by_activity(messages)
        for activity_id, vals in found.items():
            vals["message_id"] = by_activity.get(activity_id, False)
        if found:
            self.env["crm.touch"]._log(list(found.values()))
        return messages, activities

    def _message_by_activity(self, messages) -> dict[int, int]:
        """Return the message core posted for each activity.

        Core returns them in the order of documents' models; one is missing for each
        activity whose document is gone, and then nobody can tell which is whose.
        """
        done = [
            activity.id
            for data in self.exists()
            .filtered("res_model")
            ._classify_by_model()
            .values()
            for activity in data["activities"]
        ]
        if len(done) != len(messages):
            return {}
        return dict(zip(done, messages.ids, strict=True))
