import {
    Component,
    onWillDestroy,
    onWillStart,
    onWillUpdateProps,
    useRef,
    useState,
} from "@odoo/owl";
import {currencies} from "@web/core/currency";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useBus, useService} from "@web/core/utils/hooks";
import {formatMonetary} from "@web/views/fields/formatters";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {LOGGED} from "../../touch/touch_logged";

const {DateTime} = luxon;

// The order of day, month and year is each language's own.
const MONTH = {month: "long", year: "numeric"};
const DAY = {weekday: "short", day: "numeric", month: "short"};

const PAGE = 30;
// Most rows the server gives at once.
const MOST = 200;

// What was shown of which customer, so that whoever opens a document and comes back
// finds the timeline as it was left.
const remembered = new Map();
const MOST_REMEMBERED = 20;

const BADGES = {
    paid: "text-bg-success",
    won: "text-bg-success",
    partial: "text-bg-info",
    in_payment: "text-bg-info",
    not_paid: "text-bg-warning",
    overdue: "text-bg-danger",
    lost: "text-bg-secondary",
    cancel: "text-bg-secondary",
    cancelled: "text-bg-secondary",
    note: "text-bg-warning",
};

// States that say no more than the kind does.
const QUIET = [
    "activity/planned",
    "opportunity/pending",
    "order/sale",
    "payment/paid",
    "purchase/done",
    "quotation/draft",
];

/**
 * What happened with a customer, newest first. Reads the pages that `crm.api` gives to
 * anybody; every row links to its record.
 */
export class CrmTimeline extends Component {
    static template = "crm_relationship.Timeline";
    static props = {
        ...standardWidgetProps,
        partnerField: {type: String, optional: true},
        companyField: {type: String, optional: true},
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({});
        this.reset();
        onWillStart(() => {
            // Not awaited: the head of the page need not wait for its history.
            this.recall();
        });
        onWillUpdateProps((nextProps) => {
            if (this.keyOf(nextProps) !== this.keyOf(this.props)) {
                this.remember();
                this.reset();
                this.recall(nextProps);
            }
        });
        onWillDestroy(() => this.remember());
        useBus(this.env.bus, LOGGED, () =>
            this.load({limit: Math.max(this.state.rows.length, PAGE)})
        );
    }

    // ---- whose timeline ---------------------------------------------------------

    partnerIdOf(props) {
        const {partnerField, record} = props;
        return partnerField ? record.data[partnerField]?.id : record.resId;
    }

    companyIdOf(props) {
        return props.companyField
            ? props.record.data[props.companyField]?.id
            : undefined;
    }

    keyOf(props) {
        return `${this.partnerIdOf(props)}/${this.companyIdOf(props) || ""}`;
    }

    // ---- loading ----------------------------------------------------------------

    reset() {
        Object.assign(this.state, {
            rows: [],
            kinds: [],
            hidden: [],
            chosen: [],
            next: undefined,
            loading: false,
            error: "",
        });
    }

    remember() {
        const key = this.keyOf(this.props);
        remembered.delete(key);
        remembered.set(key, {chosen: this.state.chosen, count: this.state.rows.length});
        if (remembered.size > MOST_REMEMBERED) {
            remembered.delete(remembered.keys().next().value);
        }
    }

    recall(props = this.props) {
        const {chosen = [], count = 0} = remembered.get(this.keyOf(props)) || {};
        this.state.chosen = chosen;
        return this.load({props, limit: Math.min(Math.max(count, PAGE), MOST)});
    }

    async load({props = this.props, before, limit = PAGE} = {}) {
        const partner = this.partnerIdOf(props);
        if (!partner) {
            return;
        }
        const args = {partner, limit};
        const company = this.companyIdOf(props);
        if (company) {
            args.company = company;
        }
        if (before) {
            args.before = before;
        }
        if (this.state.chosen.length) {
            args.kinds = this.state.chosen;
        }
        Object.assign(this.state, {loading: true, error: ""});
        try {
            const page = await this.keepLast.add(
                this.orm.silent.call("crm.api", "customer_timeline", [], args)
            );
            const known = before ? this.state.rows : [];
            this.state.rows = [...known, ...page.rows];
            this.state.kinds = page.kinds;
            this.state.hidden = page.hidden;
            this.state.next = page.next;
        } catch (error) {
            this.state.error =
                error.data?.message || _t("The timeline could not be read.");
        }
        this.state.loading = false;
    }

    async onMore() {
        const count = this.state.rows.length;
        await this.load({before: this.state.next});
        // Whoever pages by keyboard goes on with the first of the new rows.
        this.root.el?.querySelectorAll(".o_crm_timeline_row a")[count]?.focus();
    }

    onRetry() {
        return this.load({before: this.state.next});
    }

    onToggleKind(kind) {
        const {chosen} = this.state;
        this.state.chosen = chosen.includes(kind)
            ? chosen.filter((other) => other !== kind)
            : [...chosen, kind];
        return this.load();
    }

    onAllKinds() {
        this.state.chosen = [];
        return this.load();
    }

    // ---- showing ----------------------------------------------------------------

    get visibleKinds() {
        return this.state.kinds.filter(({kind}) => !this.state.hidden.includes(kind));
    }

    get hiddenText() {
        const labels = this.state.kinds
            .filter(({kind}) => this.state.hidden.includes(kind))
            .map(({label}) => label);
        return labels.length
            ? _t(
                  "Not shown, because your access rights do not include them: %s.",
                  labels.join(", ")
              )
            : "";
    }

    /** Rows under the headings "Planned" and months. */
    get sections() {
        const sections = [];
        const now = DateTime.now();
        for (const row of this.state.rows) {
            const moment = this.momentOf(row);
            const planned = moment > (this.isDay(row) ? now.endOf("day") : now);
            const title = planned ? _t("Planned") : moment.toLocaleString(MONTH);
            const last = sections.at(-1);
            if (last?.title === title) {
                last.rows.push(row);
            } else {
                sections.push({title, key: `${row.kind}/${row.id}`, rows: [row]});
            }
        }
        return sections;
    }

    isDay(row) {
        return row.date.length === 10;
    }

    momentOf(row) {
        return this.isDay(row)
            ? DateTime.fromISO(row.date)
            : DateTime.fromISO(row.date, {zone: "utc"}).setZone("default");
    }

    dateText(row) {
        const time = this.isDay(row) ? {} : DateTime.TIME_SIMPLE;
        return this.momentOf(row).toLocaleString({...DAY, ...time});
    }

    kindOf(row) {
        return this.state.kinds.find(({kind}) => kind === row.kind) || {};
    }

    amountText(row) {
        if (row.amount === undefined) {
            return "";
        }
        const id = Object.keys(currencies).find(
            (id) => currencies[id].name === row.currency
        );
        return id
            ? formatMonetary(row.amount, {currencyId: Number(id)})
            : `${row.amount} ${row.currency}`;
    }

    amountTitle(row) {
        return row.untaxed ? _t("Without taxes") : "";
    }

    badgeText(row) {
        return QUIET.includes(`${row.kind}/${row.state}`) ? "" : row.state_label;
    }

    badgeClass(row) {
        return BADGES[row.state] || "text-bg-light";
    }

    details(row) {
        return [this.kindOf(row).noun, row.document, row.contact, row.detail]
            .filter(Boolean)
            .join(" · ");
    }

    /** A message or an activity has no page of its own: its document has. */
    target(row) {
        return row.document_model
            ? {model: row.document_model, id: row.document_id}
            : {model: row.model, id: row.id};
    }

    href(row) {
        const {model, id} = this.target(row);
        return `/odoo/${model}/${id}`;
    }

    onOpen(ev, row) {
        if (ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            return; // the browser's own way of opening a link elsewhere
        }
        ev.preventDefault();
        const {model, id} = this.target(row);
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

export const crmTimeline = {
    component: CrmTimeline,
    extractProps: ({attrs}) => ({
        partnerField: attrs.partner_field,
        companyField: attrs.company_field,
    }),
    supportedAttributes: [
        {label: _t("Field with the customer"), name: "partner_field", type: "string"},
        {label: _t("Field with the company"), name: "company_field", type: "string"},
    ],
};

registry.category("view_widgets").add("crm_timeline", crmTimeline);
