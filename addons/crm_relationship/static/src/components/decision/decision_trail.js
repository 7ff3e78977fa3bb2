import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const ICONS = {decided: "fa-gavel", voided: "fa-undo", escalated: "fa-bell-o"};

/** Who decided what, when and why on a document, newest first. */
export class CrmDecisionTrail extends Component {
    static template = "crm_relationship.DecisionTrail";
    static props = {...standardFieldProps};

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }

    iconOf(row) {
        return ICONS[row.kind];
    }
}

registry.category("fields").add("crm_decision_trail", {
    component: CrmDecisionTrail,
    supportedTypes: ["json"],
});
