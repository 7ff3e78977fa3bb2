from . import test_core_plan
from . import test_core_position
from . import test_core_plan_ledger
