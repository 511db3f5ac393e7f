import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { sleep, systemClock } from '@meshwork/core/time'

const CGROUPS = '/sys/fs/cgroup'

/**
 * A cgroup for the pods of one node, below the memory cgroup we run in. On version 1 the kubelet wants it in every hierarchy,
 * and a new cpuset may run nowhere until it is told where. Gives the path the kubelet calls `cgroupRoot`.
 */
export function createCgroup(name: string): string {
  const path = join(ownMemoryCgroup(), name)
  for (const hierarchy of hierarchies()) {
    let folder = hierarchy
    for (const part of path.split('/').filter(each => each !== '')) {
      const parent = folder
      folder = join(folder, part)
      if (!existsSync(folder)) mkdirSync(folder)
      inheritCpuset(parent, folder)
    }
  }
  return path
}

/** Removes it from every hierarchy once its processes are gone; those of a killed node need a moment. */
export async function removeCgroup(path: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (let attempt = 0; attempt < 40 && existsSync(join(hierarchy, path)); attempt++) {
      if (!removeTree(join(hierarchy, path))) await sleep(systemClock, 50)
    }
  }
}

function hierarchies(): readonly string[] {
  if (existsSync(join(CGROUPS, 'cgroup.controllers'))) return [CGROUPS]
  return readdirSync(CGROUPS)
    .map(name => join(CGROUPS, name))
    .filter(folder => existsSync(join(folder, 'tasks')) || existsSync(join(folder, 'cgroup.procs')))
}

function ownMemoryCgroup(): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8')
  return /^\d+:memory:(.*)$/m.exec(lines)?.[1] ?? /^0::(.*)$/m.exec(lines)?.[1] ?? '/'
}

function inheritCpuset(parent: string, folder: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(join(folder, file)) || !existsSync(join(parent, file))) continue
    if (readFileSync(join(folder, file), 'utf8').trim() === '') writeFileSync(join(folder, file), readFileSync(join(parent, file), 'utf8'))
  }
}

function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(folder, entry.name))) return false
    }
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}
