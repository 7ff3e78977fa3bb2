import {Component, onWillDestroy, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {KeepLast} from "@web/core/utils/concurrency";
import {useBus, useService} from "@web/core/utils/hooks";
import {formatInteger} from "@web/views/fields/formatters";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {LOGGED} from "../touch/touch_logged";

const {DateTime} = luxon;

// What the server tells, of its own and of activities.
const CHANGED = ["crm.workbench/changed", "mail.activity/updated"];
// Several changes at once are one reading.
const CALM = 500;
// For what nobody tells: a day begins, a colleague assigns something.
const POLL = 60000;

/** What waits for the user, by role; every list opens its records. */
export class CrmWorkbench extends Component {
    static template = "crm_relationship.Workbench";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.busService = useService("bus_service");
        this.keepLast = new KeepLast();
        this.state = useState({sections: [], total: 0, loading: true, error: ""});
        this.display = {controlPanel: {}};
        this.onChanged = () => this.readSoon();
        for (const kind of CHANGED) {
            this.busService.subscribe(kind, this.onChanged);
        }
        useBus(this.env.bus, LOGGED, this.onChanged);
        this.poll = setInterval(() => {
            if (!document.hidden) {
                this.read();
            }
        }, POLL);
        onWillStart(() => this.read());
        onWillDestroy(() => {
            for (const kind of CHANGED) {
                this.busService.unsubscribe(kind, this.onChanged);
            }
            clearInterval(this.poll);
            clearTimeout(this.timer);
        });
    }

    readSoon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.read(), CALM);
    }

    async read() {
        try {
            const found = await this.keepLast.add(
                this.orm.silent.call("crm.workbench", "get_worklists", [])
            );
            Object.assign(this.state, found, {error: ""});
        } catch (error) {
            this.state.error =
                error.data?.message || _t("The workbench could not be read.");
        }
        this.state.loading = false;
    }

    async onOpen(list) {
        const action = await this.orm.call("crm.workbench", "open_worklist", [], {
            code: list.code,
        });
        return this.action.doAction(action);
    }

    isEmpty(section) {
        return section.lists.every((list) => !list.count);
    }

    countText(list) {
        return formatInteger(list.count);
    }

    ageText(list) {
        if (!list.count || !list.oldest) {
            return "";
        }
        const today = DateTime.now().startOf("day");
        const days = Math.round(today.diff(DateTime.fromISO(list.oldest), "days").days);
        if (days <= 0) {
            return _t("Oldest: today");
        }
        return days === 1 ? _t("Oldest: since yesterday") : _t("Oldest: %s days", days);
    }

    overdueText(list) {
        return _t("%s overdue", formatInteger(list.overdue));
    }
}

registry.category("actions").add("crm_workbench", CrmWorkbench);
