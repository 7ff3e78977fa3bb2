from . import base_partner_merge
from . import crm_consent_change
from . import crm_consent_import
from . import crm_consent_import_row
from . import mail_compose_message
from . import sms_composer
