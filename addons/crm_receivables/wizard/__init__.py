from . import crm_receivable_as_of
from . import crm_touch_quick
