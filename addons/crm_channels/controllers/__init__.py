from . import crm_campaign
from . import preferences
