// Reads a JSON object of formulas by name on stdin, writes those that KaTeX refuses or warns about.
const katex = require("katex");
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const faults = {};
for (const [name, formula] of Object.entries(formulas)) {
  const strict = (code, message) => {
    faults[name] = `${code}: ${message}`;
    return "ignore";
  };
  try {
    katex.renderToString(formula, { displayMode: true, throwOnError: true, strict });
  } catch (error) {
    faults[name] = String(error.message);
  }
}
process.stdout.write(JSON.stringify({ version: katex.version, faults }));
