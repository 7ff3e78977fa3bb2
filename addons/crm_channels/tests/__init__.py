from . import test_contact_planner
from . import test_core_offers
from . import test_core_policy
from . import test_core_promotion
from . import test_core_quiet
from . import test_offer
from . import test_outbox_policy
from . import test_planner_oracle
