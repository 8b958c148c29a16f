// Runs `main` of a Python module in Pyodide, and prints what it returns as JSON.
// Usage: node run.mjs FOLDER_OF_PYODIDE ROOT_OF_THE_CHECKOUT MODULE

import { pathToFileURL } from "node:url";
import path from "node:path";

const [folder, root, module] = process.argv.slice(2);
const { loadPyodide } = await import(
  pathToFileURL(path.join(folder, "node_modules", "pyodide", "pyodide.mjs")).href
);
const pyodide = await loadPyodide({ packageCacheDir: path.join(folder, "built") });
await pyodide.loadPackage(["numpy", "pandas", "pillow", "ipython", "sqlite3"], {
  messageCallback: () => {},
});
for (const [place, mounted] of [["/pure", path.join(folder, "pure")], ["/checkout", root]]) {
  pyodide.FS.mkdirTree(place);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: mounted }, place);
}
try {
  const found = await pyodide.runPythonAsync(`
import importlib, json, sys
sys.path += ["/checkout", "/pure"]
json.dumps(await importlib.import_module("${module}").main())
`);
  console.log(found);
} catch (error) {
  console.error(error.message); // Node would show the whole of Pyodide's script
  process.exit(1);
}
process.exit(0);
