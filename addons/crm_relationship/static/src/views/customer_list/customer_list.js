import {Component, onMounted, onWillDestroy, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";

const POLL = 5000;

/** Says how far the computing of profiles is, as long as it runs. */
export class CrmProfileProgress extends Component {
    static template = "crm_relationship.ProfileProgress";
    static props = {onDone: Function};

    setup() {
        this.orm = useService("orm");
        this.state = useState({runs: []});
        onMounted(() => this.poll());
        onWillDestroy(() => {
            this.destroyed = true;
            clearTimeout(this.timer);
        });
    }

    text(run) {
        return _t(
            "Customers of %s are being computed from the documents; the list fills as this goes on.",
            run.company_id[1]
        );
    }

    async poll() {
        const runs = await this.orm.silent.searchRead(
            "crm.profile.run",
            [["state", "!=", "done"]],
            ["company_id", "progress"]
        );
        if (this.destroyed) {
            return;
        }
        const finished = this.state.runs.length && !runs.length;
        this.state.runs = runs;
        if (runs.length) {
            this.timer = setTimeout(() => this.poll(), POLL);
        } else if (finished) {
            this.props.onDone();
        }
    }
}

export class CrmCustomerListController extends ListController {
    static template = "crm_relationship.CustomerListView";
    static components = {...ListController.components, CrmProfileProgress};

    onProfilesDone() {
        return this.model.load();
    }
}

export const crmCustomerListView = {
    ...listView,
    Controller: CrmCustomerListController,
};

registry.category("views").add("crm_customer_list", crmCustomerListView);
