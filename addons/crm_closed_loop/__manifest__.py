{
    "name": "Customer Closed Loop",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "sequence": 10,
    "summary": "Who owes overdue money or broke a promise gets no promotion",
    "depends": ["crm_channels", "crm_receivables"],
    "data": [
        "views/res_config_settings_views.xml",
    ],
    "auto_install": True,
    "author": "Odoo CRM Suite contributors",
    "license": "LGPL-3",
}
