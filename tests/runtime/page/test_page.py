"""The page as a file: its size, its policy, and what may stand in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines.integer import NativeEngine, read_image
from tallygate.runtime.page import PageContents, Sources, contents_of, page_of
from tallygate.runtime.page.contents import word_texts
from tests.runtime.conftest import ToyBundle
from tests.runtime.page.conftest import HOSTILE, integer_bundle
from tests.shared.make import TEXTS

ROOT = Path(__file__).parents[3]
MOST_BYTES = 700_000


def script_of(page: str) -> str:
    return re.findall(r'<script type="module" id="script">(.*?)</script>', page, re.DOTALL)[0]


def facts_of(page: str) -> dict[str, object]:
    line = script_of(page).split("\n", 1)[0]
    return dict(json.loads(line.removeprefix("globalThis.TALLYGATE_FACTS = ").removesuffix(";")))


def test_the_command_writes_a_page(
    bundles: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    assert main(["page", str(bundles["two-labels"]), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{out}: {out.stat().st_size:,} bytes, {len(TEXTS)} of {len(TEXTS)} golden texts" in printed
    assert facts_of(out.read_text("utf-8"))["goldenLogits"] in printed


def test_the_page_has_the_hash_that_verify_prints(
    bundles: dict[str, Path], contents: PageContents, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["verify", str(bundles["two-labels"]), "--precision", "integer", "--json"])
    hashes = json.loads(capsys.readouterr().out)["golden_logits"]
    assert set(hashes.values()) == {contents.golden_logits}


def test_the_same_bundle_gives_the_same_page(bundles: dict[str, Path], sources: Sources) -> None:
    page, again = (page_of(contents_of(open_bundle(bundles["two-labels"])), sources) for _ in range(2))
    assert page == again


def test_expected_logits_are_those_of_every_copy(contents: PageContents) -> None:
    logits, _ = NativeEngine(contents.image, "scalar").run_texts(list(contents.texts))
    assert (logits == contents.logits).all()
    assert list(contents.texts) == TEXTS


def test_the_policy_allows_this_script_and_this_style_and_no_request(pages: dict[str, Path]) -> None:
    for path in pages.values():
        page = path.read_text("utf-8")
        policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[0]
        style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[0]
        script, styled = (
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in (script_of(page), style)
        )
        assert dict(rule.split(" ", 1) for rule in policy.split("; ")) == {
            "default-src": "'none'",
            "script-src": f"{script} 'wasm-unsafe-eval'",
            "style-src": styled,
            "worker-src": "blob:",
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
        }


def test_nothing_in_the_page_names_another_place(pages: dict[str, Path]) -> None:
    page = pages["two-labels"].read_text("utf-8")
    assert set(re.findall(r"https?://[\w.]+", page)) == {"http://www.w3.org"}, "names of XML, which nobody fetches"
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "style=" not in page


def test_a_hostile_name_stays_text(pages: dict[str, Path]) -> None:
    page = pages["three-labels"].read_text("utf-8")
    assert page.count("<script") == page.count("</script>") == 2
    assert facts_of(page)["name"] == HOSTILE


def test_colours_are_the_demos() -> None:
    demo = (ROOT / "demo/tallygate/demo/style.css").read_text("utf-8")
    page = (ROOT / "runtime/tallygate-native/web/page/page.css").read_text("utf-8")
    for theirs, ours in (("light", ":root {"), ("dark", ':root[data-mode="dark"] {')):
        block = demo.split(".light {" if theirs == "light" else ".dark {")[1].split("}")[0]
        colours = dict(re.findall(r"(--[\w-]+): (#\w+);", page.split(ours)[1].split("}")[0]))
        shared = dict(re.findall(r"(--[\w-]+): (#\w+);", block))
        assert {name: colours[name] for name in shared if name in colours} == {
            name: value for name, value in shared.items() if name in colours
        }
        assert len(set(shared) & set(colours)) > 15


def test_the_same_dark_whether_chosen_or_the_systems() -> None:
    page = (ROOT / "runtime/tallygate-native/web/page/page.css").read_text("utf-8")
    chosen, systems = re.findall(
        r':root(?:\[data-mode="dark"\]|:not\(\[data-mode="light"\]\)) \{(.*?)\}', page, re.DOTALL
    )
    assert chosen.split() == systems.split()


def test_the_shipped_models_page_is_small(shipped: Path, sources: Sources) -> None:
    assert len(page_of(contents_of(open_bundle(shipped)), sources).encode("utf-8")) <= MOST_BYTES


def test_more_goldens_than_fit_are_left_out_from_the_end(
    bundles: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallygate.runtime.page.contents.GOLDEN_BYTES", 60)
    contents = contents_of(open_bundle(bundles["two-labels"]))
    assert list(contents.texts) == TEXTS[:4]
    assert len(contents.logits) == 4
    assert (contents.asked, contents.goldens) == (4, len(TEXTS))


def test_every_word_is_asked(contents: PageContents) -> None:
    image = read_image(contents.image, "image")
    texts = word_texts(image).texts
    assert sorted(word for text in texts for word in text.split(" ")) == sorted(image.words)
    logits, _ = NativeEngine(contents.image, "scalar").run_texts([*contents.texts, *texts])
    assert hashlib.sha256(logits.tobytes()).hexdigest() == contents.answers


def test_goldens_that_name_every_word_are_asked_and_take_no_room(contents: PageContents, tmp_path: Path) -> None:
    """As every export writes them."""
    words = contents.words.texts
    found, without_one = (
        contents_of(open_bundle(integer_bundle("two-labels", tmp_path / name, ["no", "yes"], texts=texts)))
        for name, texts in (
            ("whole", [*TEXTS[:5], *words, *TEXTS[5:], words[0]]),
            ("without one", [*TEXTS, *words[:-1]]),
        )
    )
    assert list(found.texts) == TEXTS
    assert found.asked == found.goldens == len(TEXTS) + len(words) + 1
    assert found.answers == contents.answers
    assert list(without_one.texts) == [*TEXTS, *words[:-1]]
    assert without_one.asked == without_one.goldens == len(TEXTS) + len(words) - 1


def test_of_a_large_vocabulary_some_words_are_asked(contents: PageContents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallygate.runtime.page.contents.MOST_WORDS", 10)
    image = read_image(contents.image, "image")
    words = word_texts(image)
    assert words.every == -(-len(image.words) // 10)
    assert words.words == -(-len(image.words) // words.every) == len(" ".join(words.texts).split(" "))


def test_a_bundle_without_an_integer_variant_is_refused(
    tmp_path: Path, toy: ToyBundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", str(toy.write_directory(tmp_path / "toy")), "--out", str(tmp_path / "page.html")]) == 2
    assert "has no variant integer; export it with integer among its --variants" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("out", ["page", "page.txt", "folder/"])
def test_another_ending_is_refused(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "--out", out]) == 2
    assert "is no name of a page; end it with .html" in capsys.readouterr().err


def test_without_the_c_core_the_mend_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tallygate.runtime.page.sources.library_is_there", lambda: False)
    assert main(["page", "--out", str(tmp_path / "page.html")]) == 2
    assert "install it from the checkout: pip install ./runtime/tallygate-native" in capsys.readouterr().err
