// Reads an AsyncAPI document with the reference parser and prints what it has to say, one diagnostic a line.
// Usage: node docs/spec_lint/asyncapi.mjs DOCUMENT. Exit status 1 for any diagnostic, however slight.
import { fromFile, Parser } from '@asyncapi/parser';

const SEVERITIES = ['error', 'warning', 'information', 'hint'];

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node docs/spec_lint/asyncapi.mjs DOCUMENT');
  process.exit(2);
}

// Off: "use 3.1.0". The spec is written in 3.0.0, the version that its other readers know.
const parser = new Parser({ ruleset: { rules: { 'asyncapi-latest-version': 'off' } } });
const { document, diagnostics } = await fromFile(parser, path).parse();
for (const { severity, code, message, path: pointer, range } of diagnostics) {
  const line = range === undefined ? '' : `:${range.start.line + 1}`;
  console.log(`${path}${line}: ${SEVERITIES[severity]} ${code}: ${message} (at ${pointer.join('/')})`);
}
if (document === undefined && diagnostics.length === 0) {
  console.log(`${path}: error: the parser returned neither a document nor a diagnostic`);
}
process.exitCode = document === undefined || diagnostics.length > 0 ? 1 : 0;
