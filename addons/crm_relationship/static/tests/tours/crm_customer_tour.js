import {registry} from "@web/core/registry";

const ROW = ".o_crm_timeline_row";

function checkRows(kind, least) {
    const rows = [...document.querySelectorAll(ROW)];
    if (rows.length < least) {
        throw new Error(`${rows.length} rows, ${least} expected`);
    }
    const keys = new Set(
        rows.map((row) => row.querySelector("a").getAttribute("href"))
    );
    if (kind !== "message" && keys.size !== rows.length) {
        throw new Error("a fact is shown twice");
    }
    if (rows.some((row) => row.dataset.kind !== kind)) {
        throw new Error(`a row is no ${kind}`);
    }
}

/** From the list to a customer, through its timeline to a document, and back. */
function steps(kind, document) {
    return [
        {
            content: "Open the customer",
            trigger:
                ".o_list_view .o_data_cell[name=partner_id]:contains(Tour Customer)",
            run: "click",
        },
        {
            content: "The head shows figures of the profile",
            trigger:
                ".o_form_view [name=key_figures] [name=purchase_count_12m]:contains(40)",
        },
        {
            content: "Choose one kind of facts",
            trigger: `.o_crm_timeline button[name=${kind}][aria-pressed=false]`,
            run: "click",
        },
        {
            content: "The choice is shown, also to screen readers",
            trigger: `.o_crm_timeline[aria-busy=false] button[name=${kind}][aria-pressed=true]`,
            run: () => checkRows(kind, 30),
        },
        {
            content: "Show the next page",
            trigger: ".o_crm_timeline button[name=more]",
            run: "click",
        },
        {
            content: "Everything is shown; there is no more",
            trigger: ".o_crm_timeline[aria-busy=false]:not(:has(button[name=more]))",
            run: () => checkRows(kind, 40),
        },
        {
            content: "Open a document of the second page",
            trigger: `${ROW} a:contains(${document})`,
            run: "click",
        },
        {
            content: "The document is open",
            trigger: `.o_form_view:not(:has(.o_crm_timeline)), .o_breadcrumb:contains(${document})`,
        },
        {
            content: "Go back",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Tour Customer)",
            run: "click",
        },
        {
            content: "The timeline is as it was left",
            trigger: `.o_crm_timeline[aria-busy=false] button[name=${kind}][aria-pressed=true]`,
            run: () => checkRows(kind, 40),
        },
        {
            content: "Back to the list",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Customers)",
            run: "click",
        },
        {content: "The list is shown", trigger: ".o_list_view .o_data_row"},
    ];
}

registry.category("web_tour.tours").add("crm_customer_tour_analyst", {
    url: "/odoo/crm-customers",
    steps: () => steps("purchase", "TOUR-02"),
});

registry.category("web_tour.tours").add("crm_customer_tour_salesperson", {
    url: "/odoo/crm-customers",
    steps: () => steps("quotation", "TOUR-02"),
});
