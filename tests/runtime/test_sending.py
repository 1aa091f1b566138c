"""A classifier sent to another process: its pickle is a path, a hash and options, and its answers are the same."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import pickletools
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tallygate.runtime.bundle import shipped_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError
from tests.runtime.conftest import ToyBundle

TEXTS = ["good film", "very bad plot", ""]


def sent(classifier: Classifier) -> bytes:
    return pickle.dumps(classifier)


def test_a_pickle_holds_no_weights_and_nothing_but_ours(toy_path: Path) -> None:
    data = sent(Classifier.load(toy_path, "numpy"))
    assert len(data) < 1_000
    named = {argument for code, argument, _ in pickletools.genops(data) if code.name == "SHORT_BINUNICODE"}
    assert str(toy_path.resolve()).rpartition("/")[2] in named
    assert Classifier.load(toy_path).bundle.sha256 in named
    modules = {name for name in named if isinstance(name, str) and "." in name and name.islower()}
    assert all(module.startswith(("tallygate.runtime", "pathlib")) for module in modules)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_other_processes_answer_the_same(toy_path: Path, method: str) -> None:
    classifier = Classifier.load(toy_path, "numpy", batch_size=2)
    expected = [classifier.predict(text) for text in TEXTS]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(classifier.predict, TEXTS, chunksize=1)) == expected


def test_options_arrive(toy_path: Path) -> None:
    classifier = pickle.loads(sent(Classifier.load(toy_path, "numpy", "fp32", threads=2, batch_size=5)))  # noqa: S301
    assert (classifier.engine.name, classifier.engine.precision, classifier.batch_size) == ("numpy", "fp32", 5)
    again = pickle.loads(sent(classifier.with_batch_size(9)))  # noqa: S301
    assert again.batch_size == 9
    assert again._options == classifier._options


def test_a_relative_path_is_found_from_anywhere(toy_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toy_path.parent)
    data = sent(Classifier.load(toy_path.name))
    monkeypatch.chdir("/")
    assert pickle.loads(data).predict("good").label  # noqa: S301


def test_another_bundle_in_its_place_is_refused(toy: ToyBundle, toy_path: Path) -> None:
    data = sent(Classifier.load(toy_path))
    shutil.rmtree(toy_path)
    with pytest.raises(BundleNotFoundError):
        pickle.loads(data)  # noqa: S301
    toy.manifest["name"] = "another"
    toy.write_directory(toy_path)
    with pytest.raises(BundleInvalidError, match="not the pinned"):
        pickle.loads(data)  # noqa: S301


def test_the_shipped_bundle_is_each_machines_own() -> None:
    """Another machine has the package elsewhere, so the path is not sent; the hash says whether it is the same."""
    assert str(shipped_bundle()).encode() not in sent(Classifier.load(engine="numpy"))


def test_a_copy_is_a_classifier_too(toy_path: Path) -> None:
    classifier = Classifier.load(toy_path)
    assert copy.deepcopy(classifier).predict(TEXTS) == copy.copy(classifier).predict(TEXTS) == classifier.predict(TEXTS)


def test_nothing_of_ours_unpickles() -> None:
    """Data that can hold code is read by nobody here: not by pickle, and not by what unpickles inside of it."""
    root = Path(__file__).parents[2]
    sources = [file for part in ("runtime", "train", "export", "demo") for file in (root / part).rglob("*.py")]
    assert len(sources) > 200
    for file in sources:
        text = file.read_text("utf-8")
        assert not any(word in text for word in ("import pickle", "pickle.load", "marshal", "shelve", "joblib.load"))
        assert "allow_pickle=True" not in text
        assert "weights_only=False" not in text
