from . import crm_segment_movement
