"""pytest plug-in: hypothesis does not take a busy machine for a slow test."""

from hypothesis import HealthCheck, settings


def pytest_configure():
    """Judge examples by their results, not by their time."""
    patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("patient", **patient)
    settings.load_profile("patient")
