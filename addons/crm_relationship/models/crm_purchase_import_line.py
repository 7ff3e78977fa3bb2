from typing import Any

from odoo import api, models

from ..core.purchase_rows import Batch, Line

# Column of a row → field of a line, where the value is stored as it is.
PLAIN_FIELDS = {
    "product_code": "product_code",
    "product_name": "product_name",
    "product_category": "product_category",
    "quantity": "quantity",
    "list_amount": "list_amount",
    "discount": "discount_amount",
    "amount": "amount_untaxed",
    "cost": "cost",
}


class CrmPurchaseImportLine(models.AbstractModel):
    """Turns the columns of imported purchases into values of their records."""

    _name = "crm.purchase.import.line"
    _description = "Purchase Import: Lines"

    @api.model
    def _resolve(
        self, batch: Batch
    ) -> dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]]:
        """Return per purchase what was given: its header, and its lines by reference.

        Purchases with an unknown currency or channel, or a product code that fits
        several products, are refused in ``batch``. A code no product has is kept as
        text: an old system sold things this one never heard of.
        """
        reference = self.env["crm.purchase.import.reference"]
        purchases = list(batch.good())
        lines = [line for purchase in purchases for line in purchase.lines.values()]
        currencies = reference._currencies(
            {p.head["currency"].upper() for p in purchases if p.head.get("currency")}
        )
        codes = {p.head["channel"] for p in purchases if p.head.get("channel")}
        channels = reference._channels(codes)
        known = reference._channel_codes() if codes - channels.keys() else ""
        products = reference._products(
            {code for line in lines if (code := line.values.get("product_code"))}
        )
        categories = reference._categories(
            {name for line in lines if (name := line.values.get("product_category"))}
        )
        given = {}
        for purchase in purchases:
            head = self._head_values(batch, purchase, currencies, channels, known)
            given[purchase.ref] = (
                head,
                {
                    ref: self._line_values(batch, purchase, line, products, categories)
                    for ref, line in purchase.lines.items()
                },
            )
        return given

    @api.model
    def _head_values(
        self, batch, purchase, currencies, channels, known
    ) -> dict[str, Any]:
        head = {"date": purchase.head["date"]}
        if code := purchase.head.get("currency"):
            head["currency_id"] = currencies.get(code.upper())
            if not head["currency_id"]:
                batch.refuse(purchase, "currency", "unknown_currency", value=code)
        if "channel" in purchase.head:
            code = purchase.head["channel"]
            head["channel_id"] = channels.get(code)
            if code and not head["channel_id"]:
                batch.refuse(
                    purchase,
                    "channel",
                    "unknown_channel",
                    value=code,
                    known=known,
                )
        return head

    @api.model
    def _line_values(
        self, batch, purchase, line: Line, products, categories
    ) -> dict[str, Any]:
        said = line.values
        values = {
            field: said[column]
            for column, field in PLAIN_FIELDS.items()
            if column in said
        }
        values["state"] = line.state
        if "product_code" in said:
            found = products.get(said["product_code"], [])
            values["product_id"] = found[0] if found else None
            if len(found) > 1:
                batch.refuse(
                    purchase,
                    "product_code",
                    "ambiguous_product",
                    row=line.row,
                    value=said["product_code"],
                    count=len(found),
                )
        if "product_category" in said:
            values["category_id"] = categories.get(said["product_category"])
        return values
