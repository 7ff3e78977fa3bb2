from . import crm_receivable_report_mixin
from . import crm_receivable_item
from . import crm_receivable_month
from . import crm_delivery_line
from . import crm_collection_report_mixin
from . import crm_collection_item
from . import crm_collection_customer
from . import crm_order_cash
