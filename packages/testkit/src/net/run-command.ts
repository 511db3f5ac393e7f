import { spawn } from 'node:child_process'

import { MeshError } from '@meshwork/core/result'

/** Runs a command to its end with `input` on its standard input; rejects with its error output unless it exits with 0. */
export function runCommand(command: readonly string[], input: string = ''): Promise<string> {
  const [file = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('error', reject)
    child.once('close', code => {
      if (code === 0) resolve(output)
      else reject(new MeshError('COMMAND_FAILED', `${command.join(' ')} exited with ${code}: ${errors.trim()}`))
    })
    // The command may end without reading; that is reported by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
