import { violation } from '@meshwork/core/result'
import { readFile } from 'node:fs/promises'
import { type ConfigObject, type LocatedViolation, type ObjectParser, type RawObject, type Rejection } from '../kinds/index.ts'
import { rejectDuplicate } from '../source/merged-source.ts'
import type { SourceState } from '../source/publisher.ts'
import { sequenceTimes, stampCreation } from '../source/sequence.ts'
import { NO_OBJECTS, parseFile, type FileObject, type FileObjects } from './parse-file.ts'
import { reasonOf, scan, type FoundFile, type Scan } from './scan.ts'

/** The largest file that is read, in bytes. */
const LARGEST_FILE = 8 * 1024 * 1024

interface FileVersion {
  readonly stamp: string
  readonly content: FileObjects
  /** Found empty once: perhaps between the two steps of a writer, so it is believed only at the next look. */
  readonly emptied: boolean
}

export interface Refreshed extends Scan {
  /** A file was being written: look again soon. */
  readonly unsettled: boolean
}

/** The last good objects of every file below a root. `refresh` must not run twice at once. */
export class FolderState {
  private readonly root: string
  private readonly parser: ObjectParser
  private readonly keepDocuments: boolean
  private versions: ReadonlyMap<string, FileVersion> = new Map()
  private times: ReadonlyMap<string, number> = new Map()
  private readonly stampedObjects = new WeakMap<FileObject, ConfigObject>()
  private problems: Scan['problems'] = []

  /** `keepDocuments`: for analyses, which look at objects of foreign kinds too. */
  constructor(root: string, parser: ObjectParser, keepDocuments = false) {
    this.root = root
    this.parser = parser
    this.keepDocuments = keepDocuments
  }

  async refresh(): Promise<Refreshed> {
    const found = await scan(this.root)
    const lost = found.problems.some(problem => problem.file === this.root)
    const versions = new Map<string, FileVersion>()
    for (const file of found.files) versions.set(file.file, await this.read(file))
    for (const { file } of found.problems) this.keep(file, versions)
    // A root that cannot be read is a mistake or a moment, not the wish to delete everything.
    this.versions = lost ? this.versions : versions
    this.problems = found.problems
    return { ...found, unsettled: [...versions.values()].some(version => version.emptied) }
  }

  /** The objects of all files, the first of each name in the order of paths. */
  merged(): SourceState {
    const objects = new Map<string, FileObject>()
    const rejections: Rejection[] = this.problems.map(({ file, reason }) => unreadable(file, reason))
    for (const { content } of this.versions.values()) {
      rejections.push(...content.rejections)
      for (const [key, found] of content.objects) {
        const earlier = objects.get(key)
        if (earlier === undefined) objects.set(key, found)
        else rejections.push(rejectDuplicate(found.object, earlier.object))
      }
    }
    const undated = [...objects].filter(([, { dated }]) => !dated).map(([key]) => key)
    this.times = sequenceTimes(undated, this.times)
    return { objects: new Map([...objects].map(([key, found]) => [key, this.stamped(key, found)])), rejections }
  }

  /** The documents of all files, in the order of paths; empty unless they are kept. */
  documents(): readonly RawObject[] {
    return [...this.versions.values()].flatMap(({ content }) => content.documents)
  }

  /** The last good state, and why there is no newer one. */
  failed(reason: string): SourceState {
    const state = this.merged()
    return { objects: state.objects, rejections: [...state.rejections, unreadable(this.root, reason)] }
  }

  /** The same object as long as its time is the same, so that nobody has to compare it. */
  private stamped(key: string, found: FileObject): ConfigObject {
    if (found.dated) return found.object
    const time = this.times.get(key) ?? 0
    const before = this.stampedObjects.get(found)
    if (before?.meta.createdAt === time) return before
    const stamped = stampCreation(found.object, time)
    this.stampedObjects.set(found, stamped)
    return stamped
  }

  private keep(file: string, versions: Map<string, FileVersion>): void {
    const previous = this.versions.get(file)
    if (previous !== undefined && !versions.has(file)) versions.set(file, { ...previous, stamp: '' })
  }

  private async read(file: FoundFile): Promise<FileVersion> {
    const previous = this.versions.get(file.file)
    if (previous?.stamp === file.stamp && !previous.emptied) return previous
    const before = previous?.content ?? NO_OBJECTS
    if (file.size > LARGEST_FILE) return refusedFile(file, before, `it is larger than ${LARGEST_FILE / 1024 / 1024} MiB`)
    try {
      const text = await readFile(file.file, 'utf8')
      if (text === '' && before.objects.size > 0 && previous?.emptied !== true) return { stamp: file.stamp, content: before, emptied: true }
      return { stamp: file.stamp, content: parseFile(file.file, text, before, this.parser, this.keepDocuments), emptied: false }
    } catch (thrown) {
      return refusedFile(file, before, reasonOf(thrown))
    }
  }
}

function refusedFile(file: FoundFile, previous: FileObjects, reason: string): FileVersion {
  return { stamp: file.stamp, content: { ...previous, rejections: [unreadable(file.file, reason)] }, emptied: false }
}

function unreadable(file: string, reason: string): Rejection {
  const violations: LocatedViolation[] = [{ ...violation('', 'unreadable', `cannot read ${file}: ${reason}`), line: 1 }]
  return { key: undefined, origin: { file, line: 1 }, violations }
}
