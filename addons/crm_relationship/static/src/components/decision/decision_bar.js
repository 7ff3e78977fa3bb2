import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** Asks the decider for a reason. */
export class CrmDecisionReason extends Component {
    static template = "crm_relationship.DecisionReason";
    static components = {Dialog};
    static props = {
        close: Function,
        label: String,
        confirm: Function,
    };

    setup() {
        this.state = useState({reason: ""});
    }

    async onConfirm() {
        await this.props.confirm(this.state.reason.trim());
        this.props.close();
    }
}

/**
 * The decisions the user may take on this document, and those that a rule keeps from
 * them, with the rule. One widget for every model of `crm.decision.mixin`.
 */
export class CrmDecisionBar extends Component {
    static template = "crm_relationship.DecisionBar";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({busy: false});
    }

    get options() {
        return this.props.record.data.decision_options || [];
    }

    styleOf(option) {
        const styles = {primary: "btn-primary", danger: "btn-outline-danger"};
        return styles[option.style] || "btn-secondary";
    }

    async onClick(option) {
        if (!(await this.props.record.save())) {
            return;
        }
        if (!option.needs_reason) {
            await this.decide(option);
            return;
        }
        this.dialog.add(CrmDecisionReason, {
            label: option.label,
            confirm: (reason) => this.decide(option, reason),
        });
    }

    async decide(option, reason) {
        const record = this.props.record;
        this.state.busy = true;
        try {
            await this.orm.call(record.resModel, "action_decide", [[record.resId]], {
                transition: option.name,
                seen: record.data.decision_hash,
                ...(reason ? {reason} : {}),
            });
        } finally {
            this.state.busy = false;
            await record.load();
        }
    }

    titleOf(option) {
        return option.refused || _t("Decide: %s", option.label);
    }
}

registry.category("view_widgets").add("crm_decision_bar", {
    component: CrmDecisionBar,
    fieldDependencies: [
        {name: "decision_options", type: "json", readonly: true},
        {name: "decision_hash", type: "char", readonly: true},
    ],
});
