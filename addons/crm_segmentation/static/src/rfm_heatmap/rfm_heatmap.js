import {Component, onWillStart, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {
    deserializeDate,
    deserializeDateTime,
    formatDate,
    formatDateTime,
} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloat, humanNumber} from "@web/core/utils/numbers";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {RfmGrid, formatSquares, scoreRanges, squareKey} from "../rfm_grid/rfm_grid";

/** Know ▸ RFM: how the customers are spread over recency and frequency. */
export class RfmHeatmap extends Component {
    static template = "crm_segmentation.RfmHeatmap";
    static components = {Layout, RfmGrid};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        const saved = this.props.state || {};
        this.state = useState({
            data: null,
            measure: saved.measure || "count",
            selected: new Set(saved.selected || []),
            highlighted: new Set(),
            isBusy: false,
        });
        this.display = {controlPanel: {}};
        this.schemeId =
            saved.schemeId || this.props.action.context?.rfm_scheme_id || false;
        onWillStart(() => this.load());
    }

    // ---- data ----------------------------------------------------------------

    async load() {
        this.state.data = await this.orm.call("crm.rfm.heatmap", "heat_map", [], {
            scheme_id: this.schemeId || null,
        });
        this.schemeId = this.scheme?.id || false;
        this.remember();
    }

    /** Keep scheme, measure and selection for coming back by the breadcrumb. */
    remember() {
        this.props.updateActionState?.({
            schemeId: this.schemeId,
            measure: this.state.measure,
            selected: [...this.state.selected],
        });
    }

    get scheme() {
        return this.state.data?.scheme;
    }

    get run() {
        return this.scheme?.run;
    }

    get rights() {
        return this.state.data?.rights || {};
    }

    get hasSeveralCompanies() {
        return (
            new Set(this.state.data.schemes.map((scheme) => scheme.company)).size > 1
        );
    }

    get measures() {
        return [
            {id: "count", label: _t("Customers")},
            {id: "value", label: this.scheme.basis},
            {id: "average", label: _t("Per customer")},
        ];
    }

    valueOf(square) {
        if (this.state.measure === "average") {
            return square.count ? square.value / square.count : 0;
        }
        return square[this.state.measure];
    }

    format(value, measure = this.state.measure) {
        if (measure === "count") {
            return value < 10000
                ? formatFloat(value, {digits: [0, 0]})
                : humanNumber(value, {decimals: 1});
        }
        return formatCurrency(value, this.scheme.currency_id, {humanReadable: true});
    }

    get totals() {
        const squares = this.scheme.squares;
        return {
            count: squares.reduce((sum, square) => sum + square.count, 0),
            value: squares.reduce((sum, square) => sum + square.value, 0),
        };
    }

    share(part, total) {
        return total > 0
            ? `${formatFloat((100 * part) / total, {digits: [0, 1]})} %`
            : "";
    }

    get squares() {
        const {totals} = this;
        const names = new Map(this.scheme.cells.map((cell) => [cell.id, cell.name]));
        return this.scheme.squares.map((square) => {
            const value = this.valueOf(square);
            const name = names.get(square.cell_id) || "";
            const share =
                this.state.measure === "average" || !square.count
                    ? ""
                    : this.share(value, totals[this.state.measure]);
            const label = _t(
                "Recency %(r)s, frequency %(f)s, %(name)s: %(count)s customers, %(value)s",
                {
                    r: square.r,
                    f: square.f,
                    name: name || _t("no name"),
                    count: square.count,
                    value: this.format(square.value, "value"),
                }
            );
            return {
                ...square,
                value,
                name,
                share,
                label,
                text:
                    square.count || this.state.measure === "count"
                        ? this.format(value)
                        : "–",
                detail: this.detail(square, label),
            };
        });
    }

    detail(square, label) {
        if (!square.count) {
            return label;
        }
        return [
            label,
            _t("last purchases from %(from)s to %(to)s", {
                from: formatDate(deserializeDate(square.earliest)),
                to: formatDate(deserializeDate(square.latest)),
            }),
            _t("average monetary score %s", formatFloat(square.m, {digits: [0, 1]})),
            _t("Click to see them"),
        ].join("\n");
    }

    get cells() {
        const {totals} = this;
        return this.scheme.cells
            .map((cell) => {
                const squares = this.scheme.squares.filter(
                    (s) => s.cell_id === cell.id
                );
                const count = squares.reduce((sum, square) => sum + square.count, 0);
                const value = squares.reduce((sum, square) => sum + square.value, 0);
                return {
                    ...cell,
                    keys: squares.map(squareKey),
                    count,
                    countShare: this.share(count, totals.count),
                    value: this.format(value, "value"),
                    valueShare: this.share(value, totals.value),
                };
            })
            .filter((cell) => cell.keys.length);
    }

    get recencyRanges() {
        // Fewer days are better: the lowest range of days is score 5.
        return scoreRanges(this.run.edges?.recency, this.isAbove, 0);
    }

    get frequencyRanges() {
        return scoreRanges(this.run.edges?.frequency, this.isAbove, 1);
    }

    get isAbove() {
        return this.run.method === "r_package";
    }

    get computedAt() {
        const date = deserializeDateTime(this.run.date);
        return {
            exact: formatDateTime(date),
            text: _t("%(count)s customers, computed %(when)s", {
                count: this.format(this.run.customer_count, "count"),
                when: date.toRelative(),
            }),
        };
    }

    get movedText() {
        return _t("%s of them moved", this.format(this.run.moved_count, "count"));
    }

    get oldText() {
        return _t(
            "These scores are of %s and older than planned. Compute again, or ask your information manager why the nightly job does not run.",
            this.referenceDate
        );
    }

    get helpText() {
        const texts = [
            _t("%(method)s; days are counted back from %(day)s.", {
                method: this.scheme.method,
                day: this.referenceDate,
            }),
            _t("Click a square to see its customers."),
        ];
        if (this.rights.segment) {
            texts.push(_t("Tick squares to make a segment."));
        }
        return texts.join(" ");
    }

    get referenceDate() {
        return formatDate(deserializeDate(this.run.reference_date));
    }

    get selectedCount() {
        return this.scheme.squares
            .filter((square) => this.state.selected.has(squareKey(square)))
            .reduce((sum, square) => sum + square.count, 0);
    }

    // ---- what people do ------------------------------------------------------

    async onSchemeChange(ev) {
        this.schemeId = Number(ev.target.value);
        this.state.selected.clear();
        await this.load();
    }

    onMeasure(measure) {
        this.state.measure = measure;
        this.remember();
    }

    onToggle(key) {
        if (!this.state.selected.delete(key)) {
            this.state.selected.add(key);
        }
        this.remember();
    }

    isCellSelected(cell) {
        return cell.keys.every((key) => this.state.selected.has(key));
    }

    onToggleCell(cell) {
        const isSelected = this.isCellSelected(cell);
        for (const key of cell.keys) {
            this.state.selected[isSelected ? "delete" : "add"](key);
        }
        this.remember();
    }

    onHighlight(keys) {
        this.state.highlighted = new Set(keys);
    }

    onClear() {
        this.state.selected.clear();
        this.remember();
    }

    async onCompute() {
        this.state.isBusy = true;
        try {
            const action = await this.orm.call("crm.rfm.scheme", "action_compute_now", [
                [this.scheme.id],
            ]);
            await this.load();
            this.notification.add(action.params.message, {type: action.params.type});
        } finally {
            this.state.isBusy = false;
        }
    }

    onOpen(square) {
        const name = square.name
            ? `${square.name} (R${square.r} F${square.f})`
            : `R${square.r} F${square.f}`;
        return this.openCustomers(name, [squareKey(square)]);
    }

    onOpenCell(cell) {
        return this.openCustomers(cell.name, cell.keys);
    }

    /** Open the customers of some squares, as the last run scored them. */
    async openCustomers(name, keys) {
        const squares = keys.map((key) => [
            "&",
            ["r", "=", Number(key[0])],
            ["f", "=", Number(key[1])],
        ]);
        const inSquares = [...Array(squares.length - 1).fill("|"), ...squares.flat()];
        const action = await this.action.loadAction(
            "crm_relationship.crm_customer_profile_action"
        );
        return this.action.doAction({
            ...action,
            display_name: name,
            name,
            domain: [
                ["company_id", "=", this.scheme.company_id],
                [
                    "rfm_score_ids",
                    "any",
                    ["&", ["scheme_id", "=", this.scheme.id], ...inSquares],
                ],
            ],
        });
    }

    /** Open a new segment of what is selected: whole named cells by their name. */
    onMakeSegment(keys = this.state.selected) {
        const whole = this.cells.filter((cell) =>
            cell.keys.every((key) => keys.has(key))
        );
        const named = new Set(whole.flatMap((cell) => cell.keys));
        const single = [...keys].filter((key) => !named.has(key));
        const parts = whole.map((cell) => cell.name);
        if (single.length) {
            parts.push(formatSquares(single));
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("New segment"),
            res_model: "crm.segment",
            views: [[false, "form"]],
            context: {
                default_kind: "rfm",
                default_name: parts.join(", "),
                default_company_id: this.scheme.company_id,
                default_rfm_scheme_id: this.scheme.id,
                default_rfm_cell_ids: whole.map((cell) => cell.id),
                default_rfm_squares: formatSquares(single),
            },
        });
    }

    onMakeCellSegment(cell) {
        return this.onMakeSegment(new Set(cell.keys));
    }

    openXmlId(xmlId) {
        return this.action.doAction(xmlId);
    }

    onOpenScheme() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.rfm.scheme",
            res_id: this.scheme.id,
            views: [[false, "form"]],
        });
    }

    async onOpenMoves() {
        return this.action.doAction(
            await this.orm.call("crm.rfm.scheme", "action_view_migration", [
                [this.scheme.id],
            ])
        );
    }
}

registry.category("actions").add("crm_rfm_heatmap", RfmHeatmap);
