import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

// From not due to oldest; more buckets share the last colour.
const COLOURS = ["success", "info", "warning", "orange", "danger"];
// The narrowest that can be seen and pressed, in per cent.
const NARROWEST = 3;

/** What a customer owes by age: bars in proportion, each opens its items. */
export class AgeingBar extends Component {
    static template = "crm_receivables.AgeingBar";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get buckets() {
        const rows = this.props.record.data[this.props.name] || [];
        const whole = rows.reduce((sum, row) => sum + Math.abs(row.amount), 0);
        const last = rows.length - 1;
        return rows.map((row, rank) => ({
            ...row,
            text: this.format(row.amount),
            width: row.amount
                ? Math.max(NARROWEST, (100 * Math.abs(row.amount)) / whole)
                : 0,
            colour: COLOURS[rank === last ? COLOURS.length - 1 : Math.min(rank, 4)],
            isCredit: row.amount < 0,
        }));
    }

    get isEmpty() {
        return this.buckets.every((bucket) => !bucket.amount);
    }

    get emptyText() {
        return _t("Nothing is open.");
    }

    format(amount) {
        return formatMonetary(amount, {
            currencyId: this.props.record.data.currency_id?.id,
        });
    }

    /** @param {number} id of the bucket whose items to open */
    async open(id) {
        const {resModel, resId, context} = this.props.record;
        const action = await this.orm.call(
            resModel,
            "action_open_receivable_items",
            [[resId]],
            {context: {...context, bucket_id: id}}
        );
        await this.action.doAction(action);
    }
}

registry.category("fields").add("crm_ageing_bar", {
    component: AgeingBar,
    displayName: _t("Ageing"),
    supportedTypes: ["json"],
});
