// Labels what is typed, with the bits that Python gives. `model.integer.bin` is a file of every bundle.
import { load } from "@tallygate/runtime";

const response = await fetch("model.integer.bin");
const classifier = await load(await response.arrayBuffer());
const [box, output] = [document.querySelector("textarea"), document.querySelector("output")];

box.addEventListener("input", () => {
  const { label, score } = classifier.predict(box.value);
  output.textContent = `${label}, ${(100 * score).toFixed(1)}% sure`;
});
box.disabled = false;
