import { lstat, readdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** A file found, with what tells one version of it from the next. */
export interface FoundFile {
  /** The root as the user gave it, and the way from there. */
  readonly file: string
  readonly size: number
  readonly stamp: string
}

/** A directory, with what tells it from a later one of the same name. */
export interface FoundDirectory {
  readonly path: string
  readonly stamp: string
}

export interface Scan {
  /** Sorted by path. */
  readonly files: readonly FoundFile[]
  /** Directories to watch. */
  readonly directories: readonly FoundDirectory[]
  /** What could not be looked at. */
  readonly problems: readonly { readonly file: string; readonly reason: string }[]
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json'])
/** What package managers put there is not configuration, and there is a lot of it. */
const PACKAGES = 'node_modules'
const DEEPEST = 32
const MOST_FILES = 10_000

/**
 * Finds the configuration files at and below `root`, which may be a file itself. Names that start with a dot, and `node_modules`, are left out;
 * links are followed, which is how mounted ConfigMaps look, down to a depth that ends circles of them.
 */
export async function scan(root: string): Promise<Scan> {
  const found: MutableScan = { files: [], directories: [], problems: [] }
  await visit(root, 0, found, true)
  // A file is watched through its directory, and so is a root that is not there (any more).
  if (found.directories.length === 0) await addDirectory(path.dirname(root), found)
  found.files.sort((a, b) => (a.file < b.file ? -1 : 1))
  return found
}

interface MutableScan {
  readonly files: FoundFile[]
  readonly directories: FoundDirectory[]
  readonly problems: { readonly file: string; readonly reason: string }[]
}

async function visit(file: string, depth: number, found: MutableScan, isRoot: boolean): Promise<void> {
  try {
    const status = await stat(file, { bigint: true })
    if (status.isDirectory()) {
      found.directories.push({ path: file, stamp: `${status.ino}:${status.birthtimeNs}` })
      await visitDirectory(file, depth, found)
    } else if (status.isFile() && (isRoot || EXTENSIONS.has(path.extname(file)))) {
      addFile({ file, size: Number(status.size), stamp: `${status.ino}:${status.mtimeNs}:${status.ctimeNs}:${status.size}` }, found)
    }
  } catch (thrown) {
    // A file that went between listing and looking is no problem; a link to nowhere is.
    if (isRoot || (await exists(file))) found.problems.push({ file, reason: reasonOf(thrown) })
  }
}

function addFile(file: FoundFile, found: MutableScan): void {
  if (found.files.length < MOST_FILES) found.files.push(file)
  else if (found.files.length === MOST_FILES) found.problems.push({ file: file.file, reason: `there are more than ${MOST_FILES} files` })
}

async function addDirectory(directory: string, found: MutableScan): Promise<void> {
  const status = await stat(directory, { bigint: true }).catch(() => undefined)
  if (status !== undefined) found.directories.push({ path: directory, stamp: `${status.ino}:${status.birthtimeNs}` })
}

async function visitDirectory(directory: string, depth: number, found: MutableScan): Promise<void> {
  if (depth === DEEPEST) {
    found.problems.push({ file: directory, reason: `directories are nested more than ${DEEPEST} deep` })
    return
  }
  const names = await readdir(directory)
  for (const name of names.toSorted()) {
    if (!name.startsWith('.') && name !== PACKAGES) await visit(path.join(directory, name), depth + 1, found, false)
  }
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'the links go in a circle',
  EISDIR: 'it is a directory',
  ENOSPC: 'the system watches too many files already (fs.inotify.max_user_watches)',
  EMFILE: 'too many open files or watches (fs.inotify.max_user_instances)',
}

/** What a failed system call means to the reader. */
export function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return REASONS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown))
}
