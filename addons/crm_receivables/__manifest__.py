{
    "name": "Customer Receivables",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "sequence": 9,
    "summary": "Payment plans that follow the ledger, exposure, promises and reminders",
    "depends": ["crm_relationship", "sale_stock"],
    "data": [
        "security/crm_receivables_groups.xml",
        "security/crm_plan_security.xml",
        "security/crm_position_security.xml",
        "security/crm_collection_security.xml",
        "security/ir.model.access.csv",
        "views/crm_receivables_menus.xml",
    ],
    "author": "Odoo CRM Suite contributors",
    "license": "LGPL-3",
}
