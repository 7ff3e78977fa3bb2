import {registry} from "@web/core/registry";

const BAR = ".o_form_view .o_form_statusbar";

registry.category("web_tour.tours").add("crm_handover_offer_tour", {
    url: "/odoo/crm-customers",
    steps: () => [
        {
            content: "Open the customer",
            trigger: ".o_list_view .o_data_cell[name=partner_id]:contains(Customer A)",
            run: "click",
        },
        {
            content: "Hand the customer over",
            trigger: `${BAR} button:contains(Hand over)`,
            run: "click",
        },
        {
            content: "To whom",
            trigger: ".o_form_view [name=to_user_id] input",
            run: "edit Bert",
        },
        {
            content: "Choose the successor",
            trigger: ".o-autocomplete--dropdown-item:contains(Bert)",
            run: "click",
        },
        {
            content: "What to know",
            trigger: ".o_form_view [name=note] textarea",
            run: "edit Promised an answer by Friday.",
        },
        {
            content: "Offer",
            trigger: `${BAR} button[data-decision=offer]:enabled`,
            run: "click",
        },
        {
            content: "Look at the trail",
            trigger:
                ".o_form_view:has(.o_arrow_button_current:contains(Offered)) a[name=decisions]",
            run: "click",
        },
        {
            content: "The successor was asked, and it is on the trail",
            trigger:
                ".o_form_view:has(.o_statusbar_status .o_arrow_button_current:contains(Offered)) [name=decision_trail] li:contains(Offer)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_handover_decline_tour", {
    url: "/odoo/crm-handovers",
    steps: () => [
        {
            content: "Open what is offered to me",
            trigger: ".o_list_view .o_data_cell[name=partner_id]:contains(Customer A)",
            run: "click",
        },
        {
            content: "Decline",
            trigger: `${BAR} button[data-decision=decline]:enabled`,
            run: "click",
        },
        {
            content: "Not without a reason",
            trigger: ".modal footer button.btn-primary:disabled",
        },
        {
            content: "The reason",
            trigger: ".modal textarea",
            run: "edit I am on leave",
        },
        {
            content: "Decide",
            trigger: ".modal footer button.btn-primary:enabled",
            run: "click",
        },
        {
            content: "Look at the trail",
            trigger:
                ".o_form_view:has(.o_arrow_button_current:contains(Declined)) a[name=decisions]",
            run: "click",
        },
        {
            content: "The reason stays on the document",
            trigger: ".o_form_view [name=decision_trail] li:contains(I am on leave)",
        },
        {
            content: "Nothing is left to decide",
            trigger: ".o_form_view:not(:has(button[data-decision]))",
        },
    ],
});
