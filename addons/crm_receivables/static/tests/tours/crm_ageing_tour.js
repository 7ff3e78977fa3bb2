import {registry} from "@web/core/registry";

/** From the exposure to the customer, from an age to its items, to the ageing. */
registry.category("web_tour.tours").add("crm_ageing_tour", {
    steps: () => [
        {
            content: "The customer is exposed; open its page",
            trigger: ".o_data_row:contains(Ageing Tour) .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "The head says how much is at stake",
            trigger: "div[name=exposure]:contains(1,500.00):contains(1,000.00)",
        },
        {
            content: "Look at receivables and delivery",
            trigger: ".nav-link[name=position]",
            run: "click",
        },
        {
            content: "Nothing is in the age after",
            trigger: ".o_crm_ageing_bar button:disabled:contains(31–60 days)",
        },
        {
            content: "Five hundred are up to thirty days late",
            trigger: ".o_crm_ageing_bar button:contains(1–30 days):contains(500.00)",
            run: "click",
        },
        {
            content: "It is one invoice",
            trigger:
                ".o_list_view:has(.o_data_row):not(:has(.o_data_row + .o_data_row))",
        },
        {
            content: "Open it",
            trigger: ".o_data_row .o_data_cell[name=move_id]",
            run: "click",
        },
        {
            content: "It is the entry",
            trigger: ".o_form_view .o_breadcrumb:contains(INV/)",
        },
    ],
});
