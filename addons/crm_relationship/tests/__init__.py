from . import test_customer_change
from . import test_customer_rule
from . import test_profile_companies
from . import test_profile_metrics
