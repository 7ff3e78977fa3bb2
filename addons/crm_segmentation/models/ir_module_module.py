from odoo import api, models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    # EXTENDS 'base'
    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        result = super()._load_module_terms(modules, langs, overwrite=overwrite)
        if "crm_segmentation" in modules:
            for code in langs:
                self._translate_standard_rfm(code)
        return result

    @api.model
    def _translate_standard_rfm(self, code: str) -> None:
        """Translate standard schemes and cells into a language that came after them.

        They are no data of the module's files, so no import of terms finds them. What
        somebody has worded anew, in English or in the language, stays.
        """
        english = self.env["crm.rfm.cell"].with_context(lang="en_US")
        local = english.with_context(lang=code)
        texts = {english.env._("Standard"): local.env._("Standard")}
        for key, words in english._standard_texts().items():
            texts |= zip(words, local._standard_texts()[key], strict=True)
        names = {"crm.rfm.scheme": ("name",), "crm.rfm.cell": ("name", "advice")}
        context = {"lang": code, "active_test": False, "tracking_disable": True}
        for model, columns in names.items():
            for record in (
                self.env[model]
                .sudo()
                .with_context(**context)
                .search([("company_id", "!=", False)])
            ):
                old = {name: record[name] for name in columns}
                new = {name: texts.get(text, text) for name, text in old.items()}
                if new != old:
                    record.write(new)
