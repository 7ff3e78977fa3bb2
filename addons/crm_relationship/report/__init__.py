from . import crm_followup_report
from . import crm_transaction_mixin
from . import crm_customer_transaction
from . import crm_customer_transaction_line
