import {registry} from "@web/core/registry";

// From no scores at all to a segment with its members, as the segmentation manager.
registry.category("web_tour.tours").add("crm_rfm_tour", {
    steps: () => [
        {
            content: "Compute the first scores",
            trigger: "button[name=first_compute]",
            run: "click",
        },
        {
            content: "Switch to revenue",
            trigger: ".o_crm_rfm_heatmap button[name=value]",
            run: "click",
        },
        {
            content: "The square of the best customers says so to everybody",
            trigger:
                "td[data-square='55'] button[aria-label*='Recency 5, frequency 5, Champions']",
            run: "click",
        },
        {
            content: "Their list has the one champion",
            trigger:
                ".o_list_view .o_data_row td[name=partner_id]:contains(Tour Champion)",
        },
        {
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a:contains(RFM)",
            run: "click",
        },
        {
            content: "Tick the square",
            trigger: "td[data-square='55'] input[type=checkbox]",
            run: "click",
        },
        {
            trigger: "button[name=make_segment]:enabled:contains(Make a segment (1))",
            run: "click",
        },
        {
            content: "The new segment says whom it will have before it is saved",
            trigger: ".o_crm_segment_preview:contains(Tour Champion)",
        },
        {
            trigger:
                ".o_field_widget[name=name] textarea, .o_field_widget[name=name] input",
            run: "edit Tour segment",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It has its member",
            trigger: "button[name=action_view_customers]:contains(1)",
            run: "click",
        },
        {
            trigger:
                ".o_list_view .o_data_row td[name=partner_id]:contains(Tour Champion)",
            run: "click",
        },
        {
            content: "The customer's page shows the segment",
            trigger: ".o_form_view [name=segment_ids]:contains(Tour segment)",
        },
    ],
});
