// powershell_grammar.js FOLDER FILE...: a line for each place that is no PowerShell, by
// tree-sitter-powershell and web-tree-sitter in FOLDER/node_modules.  Exit 1 where there is one.
const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');

const [folder, ...files] = process.argv.slice(2);
const modules = path.join(path.resolve(folder), 'node_modules');
const { Parser, Language } = createRequire(path.join(modules, 'any.js'))('web-tree-sitter');

async function main() {
	await Parser.init();
	const parser = new Parser();
	parser.setLanguage(await Language.load(
		path.join(modules, 'tree-sitter-powershell', 'tree-sitter-powershell.wasm')));
	let faults = 0;
	for (const file of files) {
		const text = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
		const walk = (node) => {
			if (node.isError || node.isMissing) {
				const line = text.slice(node.startIndex).split('\n')[0];
				console.log(`${file}:${node.startPosition.row + 1}: ${line}`);
				faults++;
			} else {
				node.children.forEach(walk);
			}
		};
		walk(parser.parse(text).rootNode);
	}
	process.exitCode = faults > 0 ? 1 : 0;
}

main();
