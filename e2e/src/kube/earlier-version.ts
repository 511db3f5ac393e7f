import { EARLIER_COMMIT, earlierBuild } from '../earlier/earlier-build.ts'
import { buildImages } from '../images/build-images.ts'
import { HUB } from './test-images.ts'

/** The version that upgrades come from: its command line, and an archive of its images. */
export interface EarlierVersion {
  readonly meshctl: string
  readonly tag: string
  readonly archive: string
}

/** Built when it is asked for first, from the history of this clone. */
export async function earlierVersion(progress: (line: string) => void): Promise<EarlierVersion> {
  const { root } = await earlierBuild(progress, EARLIER_COMMIT)
  const tag = `from-${EARLIER_COMMIT.slice(0, 10)}`
  const components = ['pilot', 'citadel', 'proxy', 'init'] as const
  const { path } = await buildImages({ hub: HUB, tag, components, root }, progress)
  return { meshctl: `${root}/packages/cli/bin/meshctl.mjs`, tag, archive: path }
}
