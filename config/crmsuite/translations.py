"""`make translations`: bring templates and languages up to date with the code."""

from . import databases, odooproc, pofiles, setup
from .paths import install_order
from .util import say, step


def run() -> int:
    """Export every module's terms and carry the translations so far over to them."""
    ground = setup.ground()
    source = databases.suite_template(ground)
    with (
        step("terms of the modules"),
        databases.temporary(ground, "terms", source) as name,
    ):
        conf = odooproc.write_conf(ground, name)
        args = ["i18n", "export", *install_order(), "-l", "pot"]
        log = odooproc.log_path("translations")
        odooproc.run(ground, conf, args, "export of the terms", log)
    for module in install_order():
        refresh(module)
    return 0


def refresh(module: str) -> None:
    """Tidy a module's exported template and bring its languages in line with it."""
    file = pofiles.path(module)
    terms = pofiles.template(file)
    terms.save(str(file))
    for language in pofiles.LANGUAGES:
        file = pofiles.path(module, language)
        old = pofiles.read(file) if file.exists() else ()
        merged = pofiles.merge(terms, language, old)
        merged.save(str(file))
        missing = pofiles.untranslated(merged)
        say(f"  {module} {language}: {len(merged)} terms, {len(missing)} to translate")
        for msgid in missing:
            say(f"    {msgid}")
