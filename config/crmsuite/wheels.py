"""Single wheels pinned by hash that are unpacked or read, never installed."""

from pathlib import Path

from .paths import cache_dir
from .util import atomic_folder, has_stamp, key_of, lock, put_stamp, run
from .venv import NETWORK, pip_env, python


def fetch(lock_file: Path, what: str) -> Path:
    """Return a wheel pinned by hash, from the cache or the package index."""
    folder = cache_dir() / lock_file.stem / key_of(lock_file.read_text())
    with lock(cache_dir() / f"{lock_file.stem}.lock"):
        # The stamp is put last, so a cut-off download is fetched again.
        if not has_stamp(folder, "ok"):
            with atomic_folder(folder) as work:
                run(
                    [python(), "-m", "pip", "download", "--no-deps", "-d", work]
                    + ["--only-binary=:all:", "--require-hashes", "-r", lock_file],
                    what,
                    log=f"download-{lock_file.stem}",
                    hint=NETWORK,
                    env=pip_env(),
                )
                put_stamp(work, "ok")
    return next(folder.glob("*.whl"))
