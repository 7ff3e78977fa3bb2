from odoo import api, models


class CrmReceivableReportMixin(models.AbstractModel):
    """A report about all orders or months, worked out when somebody looks."""

    _name = "crm.receivable.report.mixin"
    _description = "Receivables Report"

    @api.model
    def _search(self, domain, *args, **kwargs):
        self.env["crm.receivable.position"]._without_jit()
        return super()._search(domain, *args, **kwargs)
