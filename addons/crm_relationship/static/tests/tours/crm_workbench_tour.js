import {registry} from "@web/core/registry";

const OVERDUE = ".o_crm_worklist[name=overdue]";

/** What waits is counted, opened, done, and then waits no more. */
registry.category("web_tour.tours").add("crm_workbench_tour", {
    steps: () => [
        {
            content: "The workbench is the first entry of the application",
            trigger:
                ".o_menu_sections [data-menu-xmlid='crm_relationship.menu_workbench']",
            run: "click",
        },
        {
            content: "One follow-up is overdue, and how long is told",
            trigger: `${OVERDUE}:has(.o_crm_worklist_count:contains(1)):contains(5 days)`,
        },
        {
            content: "Nothing was handed over",
            trigger: ".o_crm_worklist_none[name=handed_over]",
        },
        {
            content: "Open what is overdue",
            trigger: OVERDUE,
            run: "click",
        },
        {
            content: "It is the planned call; mark it as done",
            trigger: ".o_data_row:contains(Bench call) button[name=action_done]",
            run: "click",
        },
        {
            content: "It is done",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Bench call)))",
        },
        {
            content: "Back to the workbench",
            trigger: ".breadcrumb-item:contains(Workbench), .o_back_button",
            run: "click",
        },
        {
            content: "Nothing is overdue any more",
            trigger: `.o_crm_workbench_empty, ${OVERDUE}.o_crm_worklist_none`,
        },
    ],
});
