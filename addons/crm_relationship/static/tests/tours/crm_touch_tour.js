import {registry} from "@web/core/registry";

/** Clicks a salesperson needs after the record is open, the one that saves included. */
const MOST_CLICKS = 3;

let clicks = 0;

function count() {
    clicks += 1;
}

/** A step that is one click of the salesperson's. */
function click(content, trigger) {
    return {
        content,
        trigger,
        async run({click: press}) {
            count();
            await press();
        },
    };
}

/** From the open record to the logged contact. */
function log(open) {
    return [
        {
            content: "The record is open: count from here",
            trigger: open,
            run() {
                clicks = 0;
            },
        },
        click("Log a contact", open),
        click(
            "It ended with: call back later",
            ".modal .o_field_widget[name=outcome_id] .o_selection_badge:contains(Call back later)"
        ),
        {
            content: "The next step is proposed",
            trigger: ".modal .o_field_widget[name=next_date]",
        },
        click("Save", ".modal button[name=action_log]"),
        {
            content: "It was logged, in as many clicks as promised",
            trigger: ".o_notification:contains(Contact logged)",
            run() {
                if (clicks > MOST_CLICKS) {
                    throw new Error(`${clicks} clicks`);
                }
            },
        },
        {
            content: "The dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ];
}

/** The next step waits among the activities of the salesperson. */
function systray(model) {
    return [
        {
            content: "Look at the own activities",
            trigger: ".o-mail-ActivityMenu-counter, .o_menu_systray i.fa-clock-o",
            run: "click",
        },
        {
            content: "The next step is there",
            trigger: `.o-mail-ActivityMenu .o-mail-ActivityGroup[data-model_name=${model}], .o-mail-ActivityGroup:contains(${model})`,
        },
    ];
}

registry.category("web_tour.tours").add("crm_touch_tour_customer", {
    steps: () => [
        ...log(
            ".o_form_view header button:contains(Log contact), .o_form_statusbar button:contains(Log contact)"
        ),
        {
            content: "The contact is on the timeline at once",
            trigger: ".o_crm_timeline_row[data-kind=contact]:contains(Call back later)",
        },
        ...systray("Contact"),
    ],
});

registry.category("web_tour.tours").add("crm_touch_tour_list", {
    steps: () => [
        ...log(".o_data_row:contains(Touch Tour) button:has(i.fa-phone)"),
        {
            content: "Open the customer",
            trigger: ".o_data_row .o_data_cell[name=partner_id]:contains(Touch Tour)",
            run: "click",
        },
        {
            content: "The contact is on the timeline",
            trigger: ".o_crm_timeline_row[data-kind=contact]:contains(Call back later)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_touch_tour_quotation", {
    steps: () => log(".o_form_view .o_statusbar_buttons button:contains(Log contact)"),
});
