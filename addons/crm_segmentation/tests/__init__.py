from . import test_rfm_engine
