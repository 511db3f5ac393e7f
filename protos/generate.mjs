// Generates TypeScript from Envoy's definitions (npm package @grpc/grpc-js-xds) and our own `.proto` files.
// Staged in `.cache/protos`, because Envoy's files need one correction before they compile (see `stage`).
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, brotliCompressSync } from 'node:zlib'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const require = createRequire(join(root, 'package.json'))
const deps = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps')
const includes = [join(here, 'proto'), ...['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map(d => join(deps, d))]
// One folder a process: two builds at once must not take each other's files away.
const stageDir = join(root, '.cache', `protos-${process.pid}`)

const find = file => includes.map(dir => join(dir, file)).find(existsSync)

function ownFiles(dir = includes[0]) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter(e => e.isFile() && e.name.endsWith('.proto'))
    .map(e => relative(includes[0], join(e.parentPath, e.name)))
}

/** Everything that `roots` import, directly or not. Well-known types come with buf and are left out. */
function closure(roots) {
  const seen = new Set()
  const queue = [...roots]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || file.startsWith('google/protobuf/')) continue
    const path = find(file)
    if (path === undefined) throw new Error(`${file}: no such file in ${includes.join(', ')}; correct protos/roots.json or the import`)
    seen.add(file)
    for (const m of readFileSync(path, 'utf8').matchAll(/^import\s+(?:public\s+)?"([^"]+)"/gm)) queue.push(m[1])
  }
  return [...seen]
}

/** Copies the closure. The bundled `validate.proto` lacks a field that Envoy's own files set; it is added to the copy. */
function stage(files) {
  rmSync(stageDir, { recursive: true, force: true })
  for (const file of files) {
    const to = join(stageDir, file)
    mkdirSync(dirname(to), { recursive: true })
    if (file !== 'validate/validate.proto') {
      cpSync(find(file), to)
      continue
    }
    const text = readFileSync(find(file), 'utf8')
    const patched = text.includes('ignore_empty = 26')
      ? text
      : text.replace(/message StringRules \{/, 'message StringRules {\n  optional bool ignore_empty = 26;')
    writeFileSync(to, patched)
  }
  writeFileSync(join(stageDir, 'buf.yaml'), 'version: v2\n')
}

/** Writes only what differs, so that a build that reads the folder meanwhile, or comes after, finds the rest untouched. */
function publish(from, to) {
  const list = dir =>
    (existsSync(dir) ? readdirSync(dir, { withFileTypes: true, recursive: true }) : [])
      .filter(e => e.isFile())
      .map(e => relative(dir, join(e.parentPath, e.name)))
  const made = list(from)
  let changed = 0
  for (const file of made) {
    const target = join(to, file)
    const bytes = readFileSync(join(from, file))
    if (existsSync(target) && readFileSync(target).equals(bytes)) continue
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(`${target}.new`, bytes)
    renameSync(`${target}.new`, target)
    changed++
  }
  for (const file of list(to)) if (!made.includes(file)) rmSync(join(to, file))
  return changed
}

const options = [
  'oneof=unions-value',
  'importSuffix=.ts',
  'outputServices=grpc-js',
  'enumsAsLiterals=true',
  'unrecognizedEnum=true',
  'esModuleInterop=true',
  'forceLong=bigint',
  'useExactTypes=false',
  'outputJsonMethods=true',
  'outputPartialMethods=true',
  'env=both',
  'useOptionals=none',
  'removeEnumPrefix=false',
  'snakeToCamel=keys',
  'useDate=false',
]

const files = closure([...JSON.parse(readFileSync(join(here, 'roots.json'), 'utf8')).roots, ...ownFiles()])
stage(files)
const fresh = join(stageDir, 'gen')
writeFileSync(
  join(stageDir, 'buf.gen.yaml'),
  JSON.stringify({
    version: 'v2',
    plugins: [
      {
        local: [process.execPath, require.resolve('ts-proto/protoc-gen-ts_proto')],
        out: fresh,
        opt: options,
        include_imports: true,
        include_wkt: true,
      },
    ],
  }),
)
const buf = (...args) => execFileSync(join(root, 'node_modules', '.bin', 'buf'), args, { cwd: stageDir, stdio: 'inherit' })
buf('generate', '--template', 'buf.gen.yaml')

// The definitions themselves, for ProtoJSON (`src/json`): as a module, so that they reach `dist` and the bundled programs.
buf('build', '--as-file-descriptor-set', '--exclude-source-info', '-o', 'descriptors.binpb')
const descriptors = brotliCompressSync(readFileSync(join(stageDir, 'descriptors.binpb')), {
  params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS },
})
writeFileSync(
  join(fresh, 'descriptors.ts'),
  `/** google.protobuf.FileDescriptorSet of every definition, brotli, base64. */\nexport const descriptors: string =\n  '${descriptors.toString('base64')}'\n`,
)
const changed = publish(fresh, join(here, 'gen'))
rmSync(stageDir, { recursive: true, force: true })
console.log(`protos: ${files.length} definitions generated into protos/gen, ${changed} files changed`)
