import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MeshError, messageOf } from '@meshwork/core/result'
import { runCommand } from '@meshwork/testkit/net'

/**
 * The version that an upgrade comes from, until there are releases: a commit of this repository. To be moved when what it speaks is no
 * longer promised to work beside what is built now; it has to have images and charts, and to be an ancestor of every branch.
 */
export const EARLIER_COMMIT = '74d66680315597749a3f507a37542cdbb78be5a9'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'meshwork', 'builds')
/** Built trees of 700 MB, most of it links into pnpm's store; clones with different pins want one each. */
const KEPT_BUILDS = 3

/** A built tree of an earlier commit. */
export interface EarlierBuild {
  readonly commit: string
  /** Root of the tree, laid out as this repository. */
  readonly root: string
}

/**
 * Gives the tree of `commit`, built by its own script from its own lock file; the first call on a machine takes one to three minutes. Nothing
 * of this clone is changed. Throws EARLIER_BUILD_MISSING where the history of the clone does not reach so far.
 */
export async function earlierBuild(progress: (line: string) => void, commit: string = EARLIER_COMMIT): Promise<EarlierBuild> {
  mkdirSync(CACHE, { recursive: true })
  const root = join(CACHE, `${commit}-${process.arch}`)
  if (existsSync(root)) utimesSync(root, new Date(), new Date())
  else await buildInto(root, commit, progress)
  dropOldBuilds()
  return { commit, root }
}

async function buildInto(root: string, commit: string, progress: (line: string) => void): Promise<void> {
  await demandHistory(commit)
  const work = mkdtempSync(join(CACHE, 'work-'))
  try {
    progress(`building the earlier commit ${commit.slice(0, 10)}`)
    const [archive, tree] = [join(work, 'tree.tar'), join(work, 'tree')]
    mkdirSync(tree)
    await run('git', '-C', ROOT, 'archive', '--format=tar', `--output=${archive}`, commit)
    await run('tar', '-xf', archive, '-C', tree)
    await run(process.execPath, join(tree, 'scripts', 'run.mjs'), 'build')
    moveTo(tree, root)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Somebody else may have been quicker; then theirs is as good. */
function moveTo(tree: string, root: string): void {
  try {
    renameSync(tree, root)
  } catch (error) {
    if (!existsSync(root)) throw error
  }
}

async function demandHistory(commit: string): Promise<void> {
  const reason = await runCommand(['git', '-C', ROOT, 'cat-file', '-e', `${commit}^{commit}`]).then(() => '', messageOf)
  if (reason === '') return
  throw new MeshError('EARLIER_BUILD_MISSING', `this clone does not have commit ${commit}, which upgrades are tested from: ${reason}`, {
    nextStep: 'fetch the whole history: git fetch --unshallow',
  })
}

async function run(...command: readonly string[]): Promise<void> {
  await runCommand(command).catch((error: unknown) => {
    throw new MeshError('EARLIER_BUILD_FAILED', messageOf(error), {
      cause: error,
      nextStep: 'check that npm reaches its registry; the earlier commit is built with the packages of its own lock file',
    })
  })
}

function dropOldBuilds(): void {
  const builds = readdirSync(CACHE)
    .filter(name => /^[0-9a-f]{40}-/.test(name))
    .map(name => ({ path: join(CACHE, name), usedMs: statSync(join(CACHE, name)).mtimeMs }))
    .toSorted((a, b) => b.usedMs - a.usedMs)
  for (const { path } of builds.slice(KEPT_BUILDS)) rmSync(path, { recursive: true, force: true })
}
