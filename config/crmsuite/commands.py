"""One function per command; each imports what it needs when it is called."""

import argparse


def run(args: argparse.Namespace) -> int:
    """Run the command of the parsed arguments."""
    function = globals()[f"_{args.command.replace('-', '_')}"]
    return function(args) or 0


def _test(args) -> int:
    from . import lint, testrun

    if args.paths:
        return testrun.run(args.paths)
    lint.run(fix=False)
    return testrun.run([])


def _lint(args) -> int:
    from . import lint

    return lint.run(fix=args.fix)


def _stop(args) -> int:
    from . import postgres
    from .util import say

    say("PostgreSQL stopped" if postgres.stop() else "nothing was running")
    return 0
