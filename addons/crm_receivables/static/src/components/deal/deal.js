import {Component} from "@odoo/owl";
import {deserializeDate, formatDate} from "@web/core/l10n/dates";
import {formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

const NOTHING = {bars: [], rows: []};

/** The deal of the record a field stands on. */
function dealOf({name, record}) {
    return record.data[name] || NOTHING;
}

/** An amount in the deal's own currency. */
function money({record}, amount) {
    return formatMonetary(amount, {currencyId: record.data.currency_id?.id});
}

/** Delivered, billed and paid beside each other, in per cent of the order. */
export class CrmDealBars extends Component {
    static template = "crm_receivables.DealBars";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
    }

    get bars() {
        return dealOf(this.props).bars.map((bar) => ({
            ...bar,
            text: money(this.props, bar.amount),
            width: Math.max(0, Math.min(100, bar.percent)),
        }));
    }

    /** @param {Object} bar whose records to open, if there are any for the user */
    async open(bar) {
        if (!bar.action) {
            return;
        }
        const {resModel, resId} = this.props.record;
        await this.action.doActionButton({
            type: "object",
            name: bar.action,
            resModel,
            resId,
            resIds: [resId],
            context: {},
        });
    }
}

/** What happened with a deal and what is to come, oldest first. */
export class CrmDealTrail extends Component {
    static template = "crm_receivables.DealTrail";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
    }

    get rows() {
        return dealOf(this.props).rows.map((row, index) => ({
            ...row,
            key: index,
            date: row.day ? formatDate(deserializeDate(row.day)) : "",
            text: row.amount === undefined ? "" : money(this.props, row.amount),
        }));
    }

    /** @param {Object} row with the record to open */
    open(row) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: row.model,
            res_id: row.id,
            views: [[false, "form"]],
        });
    }
}

for (const [name, component] of [
    ["crm_deal_bars", CrmDealBars],
    ["crm_deal_trail", CrmDealTrail],
]) {
    registry.category("fields").add(name, {component, supportedTypes: ["json"]});
}
