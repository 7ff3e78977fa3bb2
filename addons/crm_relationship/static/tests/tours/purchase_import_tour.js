import {PurchaseImportModel} from "@crm_relationship/purchase_import/purchase_import_action";
import {registry} from "@web/core/registry";
import {patch} from "@web/core/utils/patch";

const HEADER = "external_ref,date,customer_ref,amount";
const GOOD = "T1,2024-03-01,T-C1,10.5\nT2,2024-03-02,T-C2,20";
const BAD = "T1,2024-02-30,T-C1,10.5\nT2,2024-03-02,T-C2,ten";

/** A slow server: nobody may test or import before the preview is there. */
function delayPreview() {
    patch(PurchaseImportModel.prototype, {
        async updateData() {
            await new Promise((resolve) => setTimeout(resolve, 500));
            const buttons = document.querySelectorAll(".o_control_panel button");
            if ([...buttons].some((b) => ["Test", "Import"].includes(b.innerText))) {
                throw new Error("Buttons are offered before the preview");
            }
            return super.updateData(...arguments);
        },
    });
}

/** Give a file to the import screen, as dropping it there would. */
function load(content, rows) {
    return {
        content,
        trigger: ".o_control_panel input[type=file]:not(:visible)",
        run({anchor}) {
            const transfer = new DataTransfer();
            const text = `${HEADER}\n${rows}\n`;
            transfer.items.add(new File([text], "tour.csv", {type: "text/csv"}));
            anchor.files = transfer.files;
            anchor.dispatchEvent(new Event("change", {bubbles: true}));
        },
    };
}

function press(content, label) {
    return {
        content,
        trigger: `.o_control_panel button:not(.o_import_file):contains(/^${label}$/)`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("crm_purchase_import_tour", {
    steps: () => [
        {
            content: "Open the import screen from where the purchases are missed",
            trigger: ".o_view_nocontent a:contains(Import purchases)",
            run: "click",
        },
        {
            content: "It offers a template",
            trigger: ".o_import_action a[href$='purchase_import_template.csv']",
            run: delayPreview,
        },
        load("Load a file with two bad rows", BAD),
        press("Import it", "Import"),
        {
            content: "The first bad row is told",
            trigger:
                ".o_import_action .alert-danger:contains(row 2: date: there is no day 2024-02-30)",
        },
        {
            content: "And the second",
            trigger:
                ".o_import_action .alert-danger:contains(row 3: amount: “ten” is not a number)",
        },
        load("Load the corrected file", GOOD),
        press("Test it", "Test"),
        {
            content: "It would bring two purchases",
            trigger: ".o_import_action .alert-info:contains(2 new purchases)",
        },
        press("Import it", "Import"),
        {
            content: "The purchases are shown",
            trigger: ".o_list_view .o_data_row:contains(T2):contains(T-C2)",
        },
        {
            content: "Import once more",
            trigger: ".o_control_panel button:contains(/^Import$/)",
            run: "click",
        },
        load("Load the same file again", GOOD),
        press("Import it", "Import"),
        {
            content: "The screen says that nothing has changed",
            trigger: ".o_import_action .alert-info:contains(nothing has changed)",
        },
    ],
});
