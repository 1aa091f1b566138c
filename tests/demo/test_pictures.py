"""The pictures beside a bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

from tallygate.demo.show.pictures import MAX_PICTURE, listed_pictures, report_pictures
from tallygate.runtime.bundle.reader import open_bundle, shipped_bundle


def test_the_shipped_report_has_its_pictures() -> None:
    found = report_pictures(open_bundle(), "errors", "boundary", "curve")
    assert [picture["uri"][:22] for picture in found] == ["data:image/png;base64,"] * 3
    assert len({picture["name"] for picture in found}) == 3


def test_a_bundle_without_a_report_has_none(tmp_path: Path) -> None:
    bundle = open_bundle(shutil.copy(shipped_bundle(), tmp_path / "other.zip"))
    assert report_pictures(bundle, "errors") == []
    assert listed_pictures(bundle) == []


def test_what_is_too_large_for_a_picture_is_left_out(tmp_path: Path) -> None:
    bundle = open_bundle(shutil.copy(shipped_bundle(), tmp_path / "other.zip"))
    (tmp_path / "other.parity").mkdir()
    (tmp_path / "other.parity" / "errors.png").write_bytes(bytes(MAX_PICTURE + 1))
    (tmp_path / "other.parity" / "curve.png").write_bytes(b"\x89PNG")
    assert len(report_pictures(bundle, "errors", "curve")) == 1
