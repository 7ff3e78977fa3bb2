{
    "name": "Customer Channels",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "sequence": 8,
    "summary": "Consent, one contact policy for every channel, offers and campaigns",
    "depends": [
        "crm_segmentation",
        "link_tracker",
        "mass_mailing",
        "mass_mailing_sms",
    ],
    "data": [
        "security/crm_channels_security.xml",
        "security/crm_contact_security.xml",
        "security/crm_offer_security.xml",
        "security/ir.model.access.csv",
        "views/crm_offer_views.xml",
        "views/crm_channels_menus.xml",
    ],
    "author": "Odoo CRM Suite contributors",
    "license": "LGPL-3",
}
