from . import test_api_segments
from . import test_rfm_engine
from . import test_rfm_profile
from . import test_rfm_run
from . import test_segment
from . import test_segment_export
from . import test_segment_rule
from . import test_segment_security
