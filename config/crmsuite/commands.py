"""One function per command; each imports what it needs when it is called."""

import argparse


def run(args: argparse.Namespace) -> int:
    """Run the command of the parsed arguments."""
    function = globals()[f"_{args.command.replace('-', '_')}"]
    return function(args) or 0


def _demo(args) -> int:
    from . import demo

    return demo.run()


def _test(args) -> int:
    from . import testrun

    return testrun.named(args.paths) if args.paths else testrun.run()


def _test_full(args) -> int:
    from . import coretests, fresh, guards, testrun

    more = {
        "each module alone on a database with its dependencies only": fresh.alone,
        "Odoo's own crm and sale tests with our modules": coretests.compare,
        "each guard taken out": guards.run,
    }
    return testrun.run(more, testrun.LONG)


def _guards(args) -> int:
    from . import guards

    return guards.run()


def _core_failures(args) -> int:
    from . import coretests

    return coretests.establish()


def _bench(args) -> int:
    from . import bench

    return bench.run(args.cases)


def _index(args) -> int:
    from . import indexes

    return indexes.run()


def _translations(args) -> int:
    from . import translations

    return translations.run()


def _pictures(args) -> int:
    from . import demo

    return demo.pictures()


def _lint(args) -> int:
    from . import lint

    return lint.run(fix=args.fix)


def _shell(args) -> int:
    from . import demo, odooproc, setup

    ground = setup.ground()
    name = demo.ready(ground)
    return odooproc.shell(ground, odooproc.write_conf(ground, name, "shell"))


def _update(args) -> int:
    from . import demo, server, setup

    ground = setup.ground()
    was_running = bool(server.state())
    demo.update(ground, demo.ready(ground))
    if was_running:
        return demo.run()
    return 0


def _lock(args) -> int:
    from . import locks

    return locks.compile_all()
