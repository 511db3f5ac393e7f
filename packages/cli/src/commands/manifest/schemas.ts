import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { editorSchemaFiles } from '@meshwork/config/crds'
import { MeshError, messageOf } from '@meshwork/core/result'
import { type Command, command } from '../../command/command.ts'

interface SchemasInput {
  readonly folder: string
}

interface SchemasResult {
  readonly folder: string
  readonly files: readonly string[]
}

/** What editors are told to read, for files with objects of any kind. */
const ANY = 'all.json'

export const manifestSchemasCommand: Command = command<SchemasInput, SchemasResult>({
  name: 'manifest schemas',
  summary: 'write JSON Schemas of all kinds, for editors; needs no mesh',
  description: 'Writes a schema for each version of each kind, and all.json for files with objects of any kind.',
  args: [{ name: 'folder', summary: 'where to write; made if it is not there', required: true }],
  options: [],
  examples: [
    { line: 'meshctl manifest schemas .meshwork/schemas', what: 'writes schemas that an editor can complete and check YAML with' },
  ],
  resultKind: 'EditorSchemas',
  parse: values => ({ folder: values.argument(0) ?? '.' }),
  run: async ({ folder }, { cwd }) => {
    const files = editorSchemaFiles()
    try {
      await Promise.all(files.map(({ file, schema }) => writeSchema(resolve(cwd, folder, file), schema)))
    } catch (error) {
      throw new MeshError('SCHEMAS_NOT_WRITTEN', `cannot write schemas to ${folder}: ${messageOf(error)}`, {
        source: 'config',
        cause: error,
        nextStep: 'name a folder that can be written: meshctl manifest schemas <folder>',
      })
    }
    return { folder, files: files.map(({ file }) => file) }
  },
  print: ({ folder, files }, style) =>
    `${files.length} schemas in ${folder}\n\nNext: put this line on top of a YAML file\n  ${style.bold(`# yaml-language-server: $schema=${join(folder, ANY)}`)}\n`,
})

async function writeSchema(file: string, schema: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(schema, undefined, 1)}\n`)
}
