import {useState} from "@odoo/owl";
import {ImportAction} from "@base_import/import_action/import_action";
import {BaseImportModel} from "@base_import/import_model";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {groupBy} from "@web/core/utils/arrays";
import {useService} from "@web/core/utils/hooks";

const COUNTS = ["created", "updated", "cancelled", "unchanged", "customers_created"];

/**
 * The import model for files of purchases: it adds up what became of them, and shows
 * every message of the server, each of which names its row and column.
 */
export class PurchaseImportModel extends BaseImportModel {
    constructor() {
        super(...arguments);
        this.importOptionsValues.limit.value = 10000;
        this.purchases = {};
    }

    async executeImport(isTest = false) {
        this.isTest = isTest;
        this.purchases = Object.fromEntries(COUNTS.map((name) => [name, 0]));
        return super.executeImport(...arguments);
    }

    async _callImport() {
        const result = await super._callImport(...arguments);
        for (const name of COUNTS) {
            this.purchases[name] += result.purchases?.[name] || 0;
        }
        return result;
    }

    _handleImportErrors(messages, name) {
        if (messages[0].not_matching_error) {
            return super._handleImportErrors(messages, name);
        }
        // The whole file is looked through with the first batch; only what somebody
        // else changed since can stop a later one.
        const begun = !this.isTest && COUNTS.some((count) => this.purchases[count]);
        this._addMessage("danger", [
            begun
                ? _t(
                      "The rows before these were imported. Correct these and load the whole file again:"
                  )
                : _t(
                      "Nothing was imported. Correct these rows and load the file again:"
                  ),
            ...messages.map((message) => message.message),
        ]);
        const columns = groupBy(messages, (message) => message.column || "");
        for (const column of this.columns) {
            const errors = columns[column.fieldInfo?.fieldPath];
            if (errors) {
                column.resultNames = [];
                column.errors = errors.map((error) => ({...error, value: undefined}));
            }
        }
        return false;
    }
}

export class PurchaseImportAction extends ImportAction {
    static template = "crm_relationship.PurchaseImportAction";
    static displayName = _t("Import purchases");

    setup() {
        super.setup();
        this.state.isLoading = false;
        this.model = useState(
            new PurchaseImportModel({
                env: this.env,
                context: this.props.action.params?.context || {},
                orm: useService("orm"),
            })
        );
    }

    /** Test and Import come with the preview: before it no column has its field. */
    async handleFilesUpload() {
        this.state.isLoading = true;
        try {
            await super.handleFilesUpload(...arguments);
        } finally {
            this.state.isLoading = false;
        }
    }

    async handleImport(isTest = true) {
        await super.handleImport(isTest);
        const counts = this.model.purchases;
        const messages = this.model.importMessages;
        if (messages.some((message) => message.type === "danger")) {
            return;
        }
        const changed = counts.created + counts.updated + counts.cancelled;
        if (!changed && counts.unchanged) {
            this.state.isTested = isTest;
            this.model._addMessage("info", [
                isTest
                    ? _t(
                          "All %s purchases are here already; nothing would change.",
                          counts.unchanged
                      )
                    : _t(
                          "All %s purchases were here already; nothing has changed.",
                          counts.unchanged
                      ),
            ]);
        } else if (changed) {
            const text = this.summary(counts);
            if (isTest) {
                this.model._addMessage("info", [
                    _t("The import would bring: %s", text),
                ]);
            } else {
                this.notification.add(text, {type: "success"});
            }
        }
    }

    summary(counts) {
        return _t(
            "%(created)s new purchases, %(updated)s changed, %(cancelled)s cancelled, %(unchanged)s as before; %(customers)s new customers",
            {...counts, customers: counts.customers_created}
        );
    }

    openRecords(resIds) {
        this.actionService.doAction({
            type: "ir.actions.act_window",
            name: _t("Imported purchases"),
            res_model: "crm.purchase.history",
            views: ["list", "pivot", "graph", "form"].map((view) => [false, view]),
            domain: [["id", "in", resIds]],
            target: "current",
        });
    }
}

registry.category("actions").add("crm_purchase_import", PurchaseImportAction);
