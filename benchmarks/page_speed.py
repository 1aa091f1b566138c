"""How fast a page of ``tallygate page`` is, in headless Chromium.

``python benchmarks/page_speed.py PAGE [--bundle BUNDLE --ort node_modules/onnxruntime-web]``

Tells, as medians of some runs in fresh contexts: opening from ``file://`` to all goldens proved; one keystroke at the
end of a text of a review's length to its answer, and to the running answer of every word; the latter after a word at
the front, which moves all of them; rows a second of a file. With ``--ort``, one more run each way in turn over HTTP
from this machine, where transfers cost nothing: opening to first answer, of the page (its proof included) and of a page
that runs the bundle's fp32 graph in onnxruntime-web on ids that are ready. Where other programs have the machine too,
the processor time of the page's process, from its start on, says more than the clock.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.version import VERSION

TEXT = "It begins well, but then the story loses its way and nobody in it is worth the time, which is a pity. " * 11
"""242 words and 33 marks; the mean of IMDB is 225 words."""
WATCH = """
new MutationObserver(() => {
  if (document.documentElement.dataset.state) window.settled ??= performance.now();
}).observe(document, { attributes: true, subtree: true });
"""
KEYSTROKE = """
async (text) => {
  const [box, how] = ["text", "how"].map((id) => document.getElementById(id));
  const answer = (value) => { box.value = value; box.dispatchEvent(new Event("input")); };
  answer(text);
  while (how.classList.contains("tg-stale")) await new Promise((resolve) => setTimeout(resolve, 1));
  const start = performance.now();
  answer(text + "!");
  const answered = performance.now() - start;
  while (how.classList.contains("tg-stale")) await new Promise((resolve) => setTimeout(resolve));
  const running = performance.now() - start;
  const mended = performance.now();
  answer("So " + text);
  while (how.classList.contains("tg-stale")) await new Promise((resolve) => setTimeout(resolve));
  return [answered, running, performance.now() - mended];
}
"""
ORT_PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="dist/ort.wasm.min.js"></script>
<script>
ort.env.wasm.numThreads = 1;
(async () => {
  const session = await ort.InferenceSession.create("model.fp32.onnx");
  const ids = BigInt64Array.from(IDS, BigInt);
  const feeds = { ids: new ort.Tensor("int64", ids, [1, ids.length]),
                  lengths: new ort.Tensor("int64", BigInt64Array.of(BigInt(ids.length)), [1]) };
  const { logits } = await session.run(feeds);
  window.logits = [...logits.data];
  document.documentElement.dataset.state = "answered";
})();
</script>"""


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--bundle", help="the page's bundle, for onnxruntime-web (default: the shipped one)")
    parser.add_argument("--ort", type=Path, metavar="FOLDER", help="onnxruntime-web as npm installs it")
    arguments = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        size = arguments.page.stat().st_size
        print(f"tallygate {VERSION}, Chromium {browser.version}, {platform.machine()}; page of {size:,} bytes")
        tell_page(browser, arguments.page.resolve().as_uri(), arguments.runs)
        if arguments.ort:
            with served(arguments.page, arguments.bundle, arguments.ort) as address:
                tell_first_answers(browser, address, arguments.runs)
        browser.close()


def tell_page(browser: Browser, address: str, runs: int) -> None:
    """From the disk."""
    opening, processor, keystroke, running, mended, rows = [], [], [], [], [], []
    for _ in range(runs):
        with opened(browser, address) as page:
            opening.append(page.evaluate("window.settled"))
            processor.append(processor_time(page))
            one, all_words, from_the_front = page.evaluate(KEYSTROKE, TEXT)
            keystroke.append(one)
            running.append(all_words)
            mended.append(from_the_front)
    with opened(browser, address) as page:
        rows.append(rows_a_second(page))
    tell("opening to proved", opening)
    tell("the same, processor time", processor)
    tell("keystroke to answer", keystroke)
    tell("keystroke to every word's answer", running)
    tell("word at the front to the same", mended)
    print(f"{'a file of 2,000 such rows':46} {rows[0]:8,.0f} rows a second")


def tell_first_answers(browser: Browser, address: str, runs: int) -> None:
    """Over HTTP, in turn."""
    times: dict[str, list[float]] = {"page.html": [], "ort.html": []}
    processor: dict[str, list[float]] = {"page.html": [], "ort.html": []}
    for _ in range(runs):
        for name, taken in times.items():
            with opened(browser, f"{address}{name}") as page:
                taken.append(page.evaluate("window.settled"))
                processor[name].append(processor_time(page))
    for kind, found in (("", times), (", processor time", processor)):
        tell(f"first answer, page{kind}", found["page.html"])
        tell(f"first answer, onnxruntime-web{kind}", found["ort.html"])
        ratio = statistics.median(found["ort.html"]) / statistics.median(found["page.html"])
        print(f"onnxruntime-web takes {ratio:.1f} times as long to its first answer{kind}")


def processor_time(page: Page) -> float:
    """Milliseconds that all threads of the page's process have had so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return 1000 * float(metrics["ProcessTime"])


def tell(name: str, milliseconds: list[float]) -> None:
    """A median, and what it lies between."""
    middle, low, high = statistics.median(milliseconds), min(milliseconds), max(milliseconds)
    print(f"{name:46} {middle:8.1f} ms   ({low:.1f} to {high:.1f}, {len(milliseconds)} runs)")


def rows_a_second(page: Page) -> float:
    """As the page's own worker answers them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.txt"
        path.write_text(f"{TEXT}\n" * 2000, "utf-8")
        page.locator("#file").set_input_files(path)
        page.locator("#file-done:visible").wait_for()
    told = page.locator("#file-status").inner_text()
    return 2000 / float(told.split(" in ")[1].split(" s")[0])


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page that has settled, in a context without any cache."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.locator("html[data-state]").wait_for(state="attached", timeout=120_000)
    assert page.evaluate("document.documentElement.dataset.state") in ("proved", "answered")
    yield page
    context.close()


class _Handler(SimpleHTTPRequestHandler):
    log_message: Callable[..., None] = lambda *_: None


@contextmanager
def served(page: Path, bundle: str | None, ort: Path) -> Iterator[str]:
    """Both pages on this machine."""
    with tempfile.TemporaryDirectory() as name:
        folder, opened_bundle = Path(name), open_bundle(bundle)
        shutil.copy(page, folder / "page.html")
        (folder / "dist").symlink_to((ort / "dist").resolve())
        (folder / "model.fp32.onnx").write_bytes(opened_bundle.read(opened_bundle.manifest.variants["fp32"].file))
        ids = json.dumps(opened_bundle.tokenizer().encode(TEXT))
        (folder / "ort.html").write_text(ORT_PAGE.replace("IDS", ids), "utf-8")
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=name)) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


if __name__ == "__main__":
    main()
