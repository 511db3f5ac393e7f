import { MeshError } from '@meshwork/core/result'
import { describe, expect, it } from 'vitest'
import { commands } from '../commands/index.ts'
import { EXIT } from './exit-codes.ts'
import { exitCodeOf } from './failure.ts'
import { parseCommandLine } from './program.ts'

function failureOf(...argv: string[]): MeshError {
  try {
    parseCommandLine(commands, argv)
  } catch (error) {
    if (error instanceof MeshError) return error
    throw error
  }
  throw new Error(`${argv.join(' ')} was accepted`)
}

describe('parseCommandLine', () => {
  it.each([
    [['lokal', 'up'], 'UNKNOWN_COMMAND', "did you mean 'local'?"],
    [['local', 'upp'], 'UNKNOWN_COMMAND', "did you mean 'up'?"],
    [['local', 'dwon', '--state-dir', 'x'], 'UNKNOWN_COMMAND', "did you mean 'down'?"],
    [['local', 'up', '--gatewayport', '1'], 'UNKNOWN_OPTION', "did you mean '--gateway-port'?"],
    [['version', '--outptu=json'], 'UNKNOWN_OPTION', "did you mean '--output'?"],
    [['version', '-o', 'yml'], 'USAGE', 'yml'],
    [['version', 'surplus'], 'USAGE', 'too many arguments'],
    [['local', 'run', '--name', 'web'], 'USAGE', 'command'],
    [['local', 'up', '-f'], 'USAGE', '--file'],
  ])('refuses %j with %s', (argv, code, part) => {
    const failure = failureOf(...argv)
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(part)
    expect(failure.nextStep).toMatch(/^meshctl .*--help$/)
    expect(failure.message).not.toContain('\n')
    expect(exitCodeOf(failure)).toBe(EXIT.usage)
  })

  it('leaves everything after -- to the program of local run', () => {
    const parsed = parseCommandLine(commands, [
      'local',
      'run',
      '--name',
      'web',
      '--port',
      '3000',
      '--',
      'node',
      'app.js',
      '--name',
      'x',
      '-o',
      'json',
    ])
    if (parsed.kind !== 'invoke') throw new Error('help instead of a command')
    expect(parsed.invocation.args[0]).toEqual(['node', 'app.js', '--name', 'x', '-o', 'json'])
    expect(parsed.invocation.options).toMatchObject({ name: 'web', port: '3000', output: 'table' })
  })

  it('collects repeated options', () => {
    const parsed = parseCommandLine(commands, ['local', 'up', '--config', 'a', '--config', 'b'])
    expect(parsed).toMatchObject({ kind: 'invoke', invocation: { options: { config: ['a', 'b'] } } })
  })

  it.each([[[]], [['--help']], [['local']], [['local', 'up', '--help']], [['help']]])(
    '%j prints help with exit codes or commands',
    argv => {
      const parsed = parseCommandLine(commands, argv)
      expect(parsed.kind).toBe('help')
      if (parsed.kind === 'help') expect(parsed.text).toContain('Usage: meshctl')
    },
  )
})

describe('every command', () => {
  it.each(commands.map(each => [each.name, each] as const))('%s has a summary and examples that parse', (_, command) => {
    expect(command.summary).not.toBe('')
    expect(command.examples.length).toBeGreaterThan(0)
    for (const { line } of command.examples) {
      const [words = ''] = line.split(' | ')
      const parsed = parseCommandLine(commands, words.split(' ').slice(1))
      expect(parsed, line).toMatchObject({ kind: 'invoke', invocation: { command: { name: command.name } } })
    }
  })
})
