#!/usr/bin/env node
// Plain JavaScript without imports of ours, so that an old Node gets a sentence, or a newer Node, instead of a syntax error.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const OLDEST = 24
const program = new URL('../dist/program/main.js', import.meta.url)
if (Number(process.versions.node.split('.')[0]) >= OLDEST) await import(program.href)
else runUnderOurNode()

/** The npm package `node`, which we depend on, brings the Node that everything of ours runs on. */
function runUnderOurNode() {
  const child = spawn(ourNode(), [fileURLToPath(program), ...process.argv.slice(2)], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both; a signal that came to us alone is passed on. We end when the child has drained.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}

function ourNode() {
  try {
    return module.createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    process.stderr.write(
      `error NODE_TOO_OLD: meshwork-proxy needs Node ${OLDEST} or later, this is ${process.versions.node}; next: npx -p node@26 meshwork-proxy\n`,
    )
    return process.exit(3)
  }
}
