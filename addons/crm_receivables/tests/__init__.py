from . import test_core_plan
