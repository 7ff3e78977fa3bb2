from . import test_contact_planner
