import {registry} from "@web/core/registry";

/** The collector's list worked off with nothing but the keyboard. */
registry.category("web_tour.tours").add("crm_collection_tour", {
    steps: () => [
        {
            content: "Those who broke a promise come first",
            trigger: ".o_list_view .o_data_row:first:contains(Promise broken)",
        },
        {
            content: "Into the list",
            trigger: ".o_list_view .o_data_row:first .o_data_cell[name=customer_id]",
            run() {
                this.anchor.focus();
            },
        },
        {
            content: "Open the first",
            trigger: ".o_list_view .o_data_row:first .o_data_cell[name=customer_id]",
            run: "press Enter",
        },
        {
            content: "Log the call",
            trigger: ".o_form_view .o_field_widget[name=to_ask]:contains(450)",
            run: "press alt+l",
        },
        {
            content: "When will the customer pay?",
            trigger:
                ".modal .o_field_widget[name=promise_date] input, .modal .o_field_widget[name=promise_date] button",
            run: "click",
        },
        {
            content: "Next week",
            trigger: ".modal .o_field_widget[name=promise_date] input",
            run: "edit +7d && press Enter",
        },
        {
            content: "Note it",
            trigger: ".modal .o_field_widget[name=promise_amount]",
            run: "press alt+q",
        },
        {
            content: "The promise runs",
            trigger: ".o_form_view .o_form_statusbar:contains(Promised)",
            run: "press alt+n",
        },
        {
            content: "The next customer: a promise",
            trigger: ".o_form_view .o_field_widget[name=to_ask]:contains(310)",
            run: "press alt+t",
        },
        {
            content: "The customer stands there, the cursor asks for the day",
            trigger: ".modal .o_field_widget[name=date] input:focus",
            run: "edit +3d && press Enter",
        },
        {
            content: "Save the promise",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "It runs, too: hold the customer all the same",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_form_statusbar:contains(Promised)",
            run: "press alt+g",
        },
        {
            content: "The cursor asks until when",
            trigger: ".modal .o_field_widget[name=date_until] input:focus",
        },
        {
            content: "What it is about",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Broken on arrival",
        },
        {
            content: "Save",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "The dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "It is on hold",
            trigger: ".o_form_view .o_form_statusbar:contains(On hold)",
        },
    ],
});
