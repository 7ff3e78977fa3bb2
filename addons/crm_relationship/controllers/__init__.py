from . import crm_event
from . import unsubscribe
