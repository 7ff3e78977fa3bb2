import {Component, status, useComponent, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const DELAY = 600;

/** Says who a segment's rule finds while it is being written, before it is saved. */
export class SegmentPreview extends Component {
    static template = "crm_segmentation.SegmentPreview";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.component = useComponent();
        this.state = useState({isLoading: false, result: null});
        this.asked = "";
        this.loadSoon = useDebounced((values) => this.load(values), DELAY);
        useRecordObserver((record) => this.onRecord(record));
    }

    onRecord(record) {
        const {data} = record;
        const values = {
            kind: data.kind,
            company_id: data.company_id?.id || false,
            domain: data.domain || "[]",
            rfm_scheme_id: data.rfm_scheme_id?.id || false,
            rfm_cell_ids: [...(data.rfm_cell_ids?.currentIds || [])],
            rfm_squares: data.rfm_squares || false,
        };
        const asked = JSON.stringify(values);
        if (asked === this.asked) {
            return;
        }
        this.asked = asked;
        if (values.kind === "manual") {
            this.state.result = null;
            return;
        }
        this.state.isLoading = true;
        this.loadSoon(values);
    }

    async load(values) {
        if (status(this.component) === "destroyed") {
            return;
        }
        const asked = JSON.stringify(values);
        const result = await this.orm.silent.call("crm.segment", "preview", [values]);
        if (status(this.component) === "destroyed" || asked !== this.asked) {
            return;
        }
        this.state.isLoading = false;
        this.state.result = result;
    }

    get countText() {
        return _t("%s customers now", this.state.result.count);
    }

    get examplesText() {
        const {count, names} = this.state.result;
        const more = count - names.length;
        const some = names.join(", ");
        return more > 0
            ? _t(", such as %(names)s and %(more)s more.", {names: some, more})
            : _t(", such as %s.", some);
    }
}

export const segmentPreview = {
    component: SegmentPreview,
    fieldDependencies: [
        {name: "kind", type: "selection"},
        {name: "company_id", type: "many2one"},
        {name: "domain", type: "char"},
        {name: "rfm_scheme_id", type: "many2one"},
        {name: "rfm_cell_ids", type: "many2many"},
        {name: "rfm_squares", type: "char"},
    ],
};

registry.category("view_widgets").add("crm_segment_preview", segmentPreview);
