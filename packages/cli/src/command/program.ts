import { Command as CommanderCommand, CommanderError, Option } from 'commander'
import { MeshError } from '@meshwork/core/result'
import type { Command, OptionSpec } from './command.ts'
import { EXIT_HELP } from './exit-codes.ts'
import { nearest } from './nearest.ts'
import { usage } from './values.ts'

/** A command that was recognised, with what was typed for it. */
export interface Invocation {
  readonly command: Command
  readonly options: Readonly<Record<string, unknown>>
  readonly args: readonly unknown[]
}

export type Parsed = { readonly kind: 'invoke'; readonly invocation: Invocation } | { readonly kind: 'help'; readonly text: string }

const OUTPUT: OptionSpec = {
  flags: '-o, --output <format>',
  summary: 'table, or json with a stable schema',
  choices: ['table', 'json'],
  default: 'table',
}

function outputOf({ formats }: Command): OptionSpec {
  return { ...OUTPUT, summary: [OUTPUT.summary, ...formats].join(', or '), choices: ['table', 'json', ...formats] }
}

/** What belongs to a group, in help: `local` has no meaning of its own. */
const GROUPS: Readonly<Record<string, string>> = {
  upgrade: 'a new control plane beside the old one, step by step',
  tag: 'stable names of revisions, which namespaces follow',
  profile: 'sets of values that an installation can begin with',
  manifest: 'what a cluster is given, printed',
  local: 'a whole mesh on this machine, without Kubernetes, Docker or root',
  'proxy-config': 'what a proxy was configured with, row by row',
  describe: 'what applies to a pod or a service',
}

/** Finds the command in `argv` (without node and script). A wrong command line throws a `MeshError` with the nearest right one. */
export function parseCommandLine(commands: readonly Command[], argv: readonly string[]): Parsed {
  let found: Invocation | undefined
  const written: string[] = []
  const root = buildProgram(commands, invocation => (found = invocation))
  for (const each of withDescendants(root)) {
    each.exitOverride().configureOutput({ writeOut: text => written.push(text), writeErr: text => written.push(text) })
  }
  try {
    checkWords(root, argv)
    root.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (!error.code.startsWith('commander.help')) throw asUsage(error, root, argv)
  }
  return found === undefined ? { kind: 'help', text: written.join('') } : { kind: 'invoke', invocation: found }
}

function buildProgram(commands: readonly Command[], onFound: (invocation: Invocation) => void): CommanderCommand {
  const root = new CommanderCommand('meshctl')
    .description('Meshwork: a service mesh that speaks Istio. Every command takes --help and -o json.')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `\n${EXIT_HELP}\n\nStart here:\n  meshctl demo            a sample mesh, running, with things to try\n  meshctl local up        your own mesh.yaml\n`,
    )
  for (const each of commands) addCommand(root, each, onFound)
  return root
}

function addCommand(root: CommanderCommand, spec: Command, onFound: (invocation: Invocation) => void): void {
  const words = spec.name.split(' ')
  const leafName = words.at(-1) ?? spec.name
  const parent = words.slice(0, -1).reduce(groupOf, root)
  const leaf = parent
    .command(leafName)
    .summary(spec.summary)
    .description(spec.description ?? spec.summary)
    // Options after the word of a subcommand are those of the subcommand.
    .enablePositionalOptions()
  for (const arg of spec.args) {
    const name = arg.variadic === true ? `${arg.name}...` : arg.name
    leaf.argument(arg.required === true ? `<${name}>` : `[${name}]`, arg.summary)
  }
  for (const option of [...spec.options, outputOf(spec)]) leaf.addOption(optionOf(option))
  const examples = spec.examples.map(({ line, what }) => `  ${line}\n      ${what}`).join('\n')
  leaf.addHelpText('after', `\nExamples:\n${examples}\n\n${EXIT_HELP}\n`)
  leaf.action((...given: unknown[]) => onFound({ command: spec, options: leaf.opts(), args: given.slice(0, spec.args.length) }))
  if (spec.args.some(arg => arg.passThrough === true)) leaf.passThroughOptions()
}

function groupOf(parent: CommanderCommand, word: string): CommanderCommand {
  const existing = parent.commands.find(each => each.name() === word)
  return (
    existing ??
    parent
      .command(word)
      .description(GROUPS[word] ?? '')
      .enablePositionalOptions()
  )
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.summary)
  if (spec.choices !== undefined) option.choices([...spec.choices])
  if (spec.default !== undefined) option.default(spec.default)
  if (spec.repeatable === true) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
  return option
}

function withDescendants(command: CommanderCommand): readonly CommanderCommand[] {
  return [command, ...command.commands.flatMap(withDescendants)]
}

/** The deepest command that `argv` names before its first option, and the first word that names nothing below it. */
function resolveWords(
  root: CommanderCommand,
  argv: readonly string[],
): { readonly at: CommanderCommand; readonly unknown: string | undefined } {
  let at = root
  for (const word of argv) {
    if (word.startsWith('-') || at.commands.length === 0) return { at, unknown: undefined }
    const next = at.commands.find(each => each.name() === word)
    if (next === undefined) return { at, unknown: word === 'help' ? undefined : word }
    at = next
  }
  return { at, unknown: undefined }
}

function checkWords(root: CommanderCommand, argv: readonly string[]): void {
  const { at, unknown } = resolveWords(root, argv)
  if (unknown === undefined) return
  const guess = nearest(
    unknown,
    at.commands.map(each => each.name()),
  )
  const meant = guess === undefined ? '' : `, did you mean '${guess}'?`
  const next = guess === undefined ? `${pathOf(at)} --help` : `${pathOf(at)} ${guess} --help`
  throw new MeshError('UNKNOWN_COMMAND', `'${pathOf(at)}' has no command '${unknown}'${meant}`, { source: 'config', nextStep: next })
}

function asUsage(error: CommanderError, root: CommanderCommand, argv: readonly string[]): MeshError {
  const { at } = resolveWords(root, argv)
  const help = `${pathOf(at)} --help`
  const typed = /unknown option '([^']*)'/.exec(error.message)?.[1]
  if (typed === undefined) return usage(error.message.replace(/^error: /, '').trim(), help)
  const known = at.options.map(option => option.long ?? option.flags)
  const guess = nearest(typed.split('=')[0] ?? typed, [...known, '--help'])
  const meant = guess === undefined ? '' : `, did you mean '${guess}'?`
  return new MeshError('UNKNOWN_OPTION', `'${pathOf(at)}' has no option '${typed}'${meant}`, { source: 'config', nextStep: help })
}

function pathOf(command: CommanderCommand): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
