import {Component, status, useComponent, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloat} from "@web/core/utils/numbers";
import {useService} from "@web/core/utils/hooks";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {RfmGrid, formatSquares, parseSquares, squareKey} from "../rfm_grid/rfm_grid";

/** Squares of the heat map as a field: ticked in the map itself. */
export class RfmSquaresField extends Component {
    static template = "crm_segmentation.RfmSquaresField";
    static components = {RfmGrid};
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.component = useComponent();
        this.state = useState({squares: [], schemeId: false});
        useRecordObserver((record) =>
            this.load(record.data.rfm_scheme_id?.id || false)
        );
    }

    async load(schemeId) {
        if (
            schemeId === this.state.schemeId ||
            status(this.component) === "destroyed"
        ) {
            return;
        }
        this.state.schemeId = schemeId;
        this.state.squares = [];
        if (!schemeId) {
            return;
        }
        const data = await this.orm.call("crm.rfm.heatmap", "heat_map", [], {
            scheme_id: schemeId,
        });
        if (this.state.schemeId !== schemeId) {
            return;
        }
        const names = new Map(data.scheme.cells.map((cell) => [cell.id, cell.name]));
        this.state.squares = data.scheme.squares.map((square) => ({
            ...square,
            value: square.count,
            text: formatFloat(square.count, {digits: [0, 0]}),
            name: names.get(square.cell_id) || "",
            label: _t("Recency %(r)s, frequency %(f)s: %(count)s customers", square),
        }));
    }

    get selected() {
        return parseSquares(this.props.record.data[this.props.name]);
    }

    /** Squares that are in by a named cell already. */
    get named() {
        const cells = new Set(this.props.record.data.rfm_cell_ids?.currentIds || []);
        return new Set(
            this.state.squares
                .filter((square) => cells.has(square.cell_id))
                .map(squareKey)
        );
    }

    onToggle(key) {
        const selected = this.selected;
        if (!selected.delete(key)) {
            selected.add(key);
        }
        this.props.record.update({[this.props.name]: formatSquares(selected) || false});
    }
}

export const rfmSquaresField = {
    component: RfmSquaresField,
    displayName: _t("RFM squares"),
    supportedTypes: ["char"],
    fieldDependencies: [
        {name: "rfm_scheme_id", type: "many2one"},
        {name: "rfm_cell_ids", type: "many2many"},
    ],
};

registry.category("fields").add("crm_rfm_squares", rfmSquaresField);
