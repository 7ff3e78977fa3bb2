from . import base_import_import
from . import base_partner_merge
from . import crm_event_key
from . import crm_purchase_import_row
from . import crm_touch_quick
