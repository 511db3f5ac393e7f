#!/usr/bin/env node
// Plain JavaScript without imports of ours, so that an old Node gets a sentence, or a newer Node, instead of a syntax error.
import { spawn } from 'node:child_process'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

const OLDEST = 24
if (Number(process.versions.node.split('.')[0]) < OLDEST) runUnderOurNode()
else await run()

async function run() {
  // Compiled code of all processes of a mesh: the second `local up` starts in half of the time.
  process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'meshwork', 'compile-cache')
  module.enableCompileCache()
  const { runMeshctl, systemIo } = await import('@meshwork/cli/main')
  process.exitCode = await runMeshctl(process.argv.slice(2), systemIo())
}

/** The npm package `node`, which we depend on, brings the Node that everything of ours runs on. */
function runUnderOurNode() {
  const child = spawn(ourNode(), process.argv.slice(1), { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both; a signal that came to us alone is passed on. We end when the child has cleaned up.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', error => tooOld(`${error.message}; `))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
}

function ourNode() {
  try {
    return module.createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return tooOld('')
  }
}

function tooOld(reason) {
  process.stderr.write(
    `error NODE_TOO_OLD: ${reason}meshctl needs Node ${OLDEST} or later, this is ${process.versions.node}; next: npx -p node@26 meshctl version\n`,
  )
  return process.exit(3)
}
