// Reads a JSON object of formulas by name on stdin, writes those in which MathJax finds an error.
const { mathjax } = require("mathjax-full/js/mathjax.js");
const { TeX } = require("mathjax-full/js/input/tex.js");
const { SVG } = require("mathjax-full/js/output/svg.js");
const { liteAdaptor } = require("mathjax-full/js/adaptors/liteAdaptor.js");
const { RegisterHTMLHandler } = require("mathjax-full/js/handlers/html.js");
require("mathjax-full/js/input/tex/ams/AmsConfiguration.js");

const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
const input = new TeX({
  packages: ["base", "ams"],
  formatError: (jax, error) => {
    throw error;
  },
});
const page = mathjax.document("", { InputJax: input, OutputJax: new SVG() });
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const faults = {};
for (const [name, formula] of Object.entries(formulas)) {
  try {
    const shown = adaptor.outerHTML(page.convert(formula, { display: true }));
    if (shown.includes("merror")) faults[name] = "an error is shown on the page";
  } catch (error) {
    faults[name] = String(error.message);
  }
}
process.stdout.write(JSON.stringify({ version: mathjax.version, faults }));
