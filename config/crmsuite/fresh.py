"""Each module installs with nothing but what its manifest names."""

from . import databases, logcheck, odooproc
from .paths import CONFIG, install_order
from .util import say


def alone(ground) -> int:
    """Install each module without demo data on an empty database; check the log."""
    allowed = logcheck.read_allowed(CONFIG / "log_allow.txt")
    bad = []
    for module in install_order():
        name = databases.temporary_name(ground, "alone")
        log = odooproc.log_path(f"alone-{module}")
        try:
            conf = odooproc.write_conf(ground, name, with_demo=False)
            args = ["-i", module, "--stop-after-init", "--no-http"]
            odooproc.run(ground, conf, args, f"installing {module} alone", log)
        finally:
            databases.drop(ground.server, name)
        bad += logcheck.check(log, allowed)
    for line in bad:
        say(f"  {line}")
    return 1 if bad else 0
