import {registry} from "@web/core/registry";

const FORM = ".o_form_view";
const BAR = `${FORM} .o_form_statusbar`;
const tours = registry.category("web_tour.tours");

function open(content) {
    return {
        content,
        trigger: ".o_list_view .o_data_cell[name=name]:contains(Tour campaign)",
        run: "click",
    };
}

function decide(name, content) {
    return {
        content,
        trigger: `${BAR} button[data-decision=${name}]:enabled`,
        run: "click",
    };
}

function stands(state, content) {
    return {
        content,
        trigger: `${BAR} .o_arrow_button_current:contains(${state})`,
    };
}

function choose(field, text) {
    return [
        {
            content: `Look for ${text}`,
            trigger: `${FORM} .o_field_widget[name=${field}] input`,
            run: `edit ${text}`,
        },
        {
            content: `Choose ${text}`,
            trigger: `.o-autocomplete--dropdown-item:contains(${text})`,
            run: "click",
        },
    ];
}

// The campaign manager writes the brief and proposes it.
tours.add("crm_campaign_brief_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        {
            content: "A new campaign",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Its name",
            trigger: `${FORM} .o_field_widget[name=name] input`,
            run: "edit Tour campaign",
        },
        ...choose("segment_id", "Lapsing valuable"),
        {
            content: "What is known of these customers is said at once",
            trigger: `${FORM} .o_field_widget[name=segment_facts]:contains(3 customers)`,
        },
        {
            content: "Why",
            trigger: `${FORM} .o_field_widget[name=brief] textarea`,
            run: "edit They bought much and are silent.",
        },
        decide("submit", "Propose"),
        stands("Intent to be accepted", "It is proposed"),
        {
            content: "Nobody accepts what they proposed themselves",
            trigger: `${FORM}:not(:has(button[data-decision=accept]:enabled))`,
        },
    ],
});

// The segmentation manager accepts the intent.
tours.add("crm_campaign_accept_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open what is proposed"),
        decide("accept", "Accept the intent"),
        stands("Design", "It is accepted"),
    ],
});

// The campaign manager designs, tests, simulates and asks for the money.
tours.add("crm_campaign_design_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open what was accepted"),
        ...choose("offer_id", "Spring"),
        {
            content: "The money",
            trigger: `${FORM} a[name=money]`,
            run: "click",
        },
        {
            content: "The budget",
            trigger: `${FORM} .o_field_widget[name=budget] input`,
            run: "edit 100",
        },
        {
            content: "Send a test to oneself",
            trigger: `${BAR} button[name=action_test]`,
            run: "click",
        },
        {
            content: "It is tested as it is",
            trigger: `${FORM} .o_field_widget[name=is_tested] input:checked`,
        },
        {
            content: "Simulate",
            trigger: `${BAR} button[name=action_simulate]`,
            run: "click",
        },
        {
            content: "The simulation says how many would get it",
            trigger: `${FORM} .o_field_widget[name=send_count]:contains(3)`,
        },
        {
            content: "Back to the campaign",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Tour campaign)",
            run: "click",
        },
        {
            content: "The simulation is kept there",
            trigger: `${FORM} .o_field_widget[name=plan_ids] .o_data_row`,
        },
        decide("submit_design", "Ask for the budget"),
        stands("Budget to be approved", "The budget is asked for"),
    ],
});

// Whoever is campaign manager and vice president cannot approve what is their own.
tours.add("crm_campaign_own_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open one's own campaign"),
        {
            content: "The button is there, and the rule says why it cannot be pressed",
            trigger: `${BAR} span[title*="two-person"] button[data-decision=approve_budget]:disabled`,
        },
    ],
});

// The vice president approves the budget.
tours.add("crm_campaign_budget_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open what costs money"),
        decide("approve_budget", "Approve the budget"),
        stands("Contact to be decided", "The budget is approved"),
    ],
});

// The campaign manager edits the approved offer.
tours.add("crm_campaign_offer_tour", {
    url: "/odoo/crm-offers",
    steps: () => [
        {
            content: "Open the offer",
            trigger: ".o_list_view .o_data_cell[name=name]:contains(Spring)",
            run: "click",
        },
        {
            content: "Edit the discount",
            trigger: `${FORM} .o_field_widget[name=line_ids] .o_data_cell[name=discount]`,
            run: "click",
        },
        {
            content: "Another discount",
            trigger: `${FORM} .o_field_widget[name=line_ids] [name=discount] input`,
            run: "edit 20",
        },
        {
            content: "Leave the field",
            trigger: `${FORM} .oe_title label`,
            run: "click",
        },
        {
            content: "The line says so",
            trigger: `${FORM} [name=line_ids] .o_data_cell[name=discount]:contains(20)`,
        },
        {
            content: "Leave the form, which saves it",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Offers)",
            run: "click",
        },
        {
            content: "It is saved, and the list is shown",
            trigger: "body:not(:has(.o_form_view)) .o_list_view .o_data_row",
        },
    ],
});

// What was approved about another offer does not hold any more, and says so.
tours.add("crm_campaign_fallen_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open the campaign"),
        stands("Design", "It is back in design"),
        {
            content: "Look at the decisions",
            trigger: `${FORM} a[name=decisions]`,
            run: "click",
        },
        {
            content: "The trail says that the approval fell",
            trigger: `${FORM} [name=decision_trail] li.text-danger`,
        },
    ],
});

// The segmentation manager lets customers be contacted.
tours.add("crm_campaign_contact_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open what is to be decided"),
        {
            content: "The simulation is there to be looked at",
            trigger: `${FORM} a[name=money]`,
            run: "click",
        },
        {
            content: "It is of the content as it is",
            trigger: `${FORM} .o_field_widget[name=plan_id]`,
        },
        decide("approve_contact", "Customers may be contacted"),
        stands("Approved", "It is decided"),
    ],
});

// The channel manager launches.
tours.add("crm_campaign_launch_tour", {
    url: "/odoo/crm-campaigns",
    steps: () => [
        open("Open what is ready"),
        decide("launch", "Launch"),
        stands("Live", "It is live"),
        {
            content: "Look who waits",
            trigger: `${FORM} button[name=action_open_enrolments]:contains(Waiting)`,
            run: "click",
        },
        {
            content: "All of the audience",
            trigger: ".o_list_view .o_data_row:nth-child(3)",
        },
    ],
});
